import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { Secret } from "@adyton/runtime/secret";
import { WorkersError } from "./workers-error.ts";

const keyBytes = 32;

/** Makes a key in a new file that only its owner may read. Rejects with `EEXIST` when there is a file already. */
export async function makeWorkersKey(file: string): Promise<void> {
  const text = `${randomBytes(keyBytes).toString("hex")}\n`;
  await writeFile(file, text, { flag: "wx", mode: 0o600, flush: true });
}

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
