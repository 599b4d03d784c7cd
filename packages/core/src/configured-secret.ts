import { Secret, SecretError } from "@adyton/runtime/secret";
import type { SecretFilter } from "./domain/exit-filter/secret-filter.ts";
import { StartError } from "./start-error.ts";

/** Who is told of a secret before anybody else has it: no answer may hold one that was changed while the node runs. */
export type Learns = Pick<SecretFilter, "learn">;

/** A secret that is read anew whenever it is asked for. Throws `StartError` when the file cannot be read now, later never. */
export function freshSecretAt(
  key: string,
  file: string | undefined,
  known: Learns,
): { reveal(): string } {
  let secret = secretAt(key, file, known);
  return {
    reveal: () => {
      try {
        secret = secretAt(key, file, known);
      } catch {
        // The file cannot be read now; the old secret is tried again.
      }
      return secret.reveal();
    },
  };
}

/**
 * Reads a secret from the file that a key of the configuration names. Whoever reads one again while the node runs says who
 * learns it. Throws `StartError`.
 */
export function secretAt(key: string, file = "", known?: Learns): Secret {
  try {
    const secret = Secret.fromFile(file);
    known?.learn(secret.reveal());
    return secret;
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    throw new StartError("key_refused", `${key}: ${error.message}`, { cause: error });
  }
}
