import { Secret } from "@adyton/runtime/secret";
import { WorkersError } from "./workers-error.ts";

/** A key is 32 bytes as 64 hexadecimal digits. Throws `WorkersError`, or `SecretError` as `Secret.fromFile` does. */
export function readWorkersKey(file: string): Uint8Array {
  const text = Secret.fromFile(file).reveal();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new WorkersError(
      "key_refused",
      `${file} is not a key for workers: 64 hexadecimal digits, as \`adyton worker key FILE\` makes them`,
    );
  return Buffer.from(text, "hex");
}
