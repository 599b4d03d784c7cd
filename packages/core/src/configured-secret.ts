import { Secret, SecretError } from "@adyton/runtime/secret";
import { StartError } from "./start-error.ts";

/** A secret that is read anew whenever it is asked for. Throws `StartError` when the file cannot be read now, later never. */
export function freshSecretAt(key: string, file?: string): { reveal(): string } {
  let secret = secretAt(key, file);
  return {
    reveal: () => {
      try {
        secret = secretAt(key, file);
      } catch {
        // The file cannot be read now; the old secret is tried again.
      }
      return secret.reveal();
    },
  };
}

/** Reads a secret from the file that a key of the configuration names. Throws `StartError`. */
export function secretAt(key: string, file = ""): Secret {
  try {
    return Secret.fromFile(file);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    throw new StartError("key_refused", `${key}: ${error.message}`, { cause: error });
  }
}
