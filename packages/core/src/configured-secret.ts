import { Secret, SecretError } from "@adyton/runtime/secret";
import { StartError } from "./start-error.ts";

/** Reads a secret from the file that a key of the configuration names. Throws `StartError`. */
export function secretAt(key: string, file = ""): Secret {
  try {
    return Secret.fromFile(file);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    throw new StartError("key_refused", `${key}: ${error.message}`, { cause: error });
  }
}
