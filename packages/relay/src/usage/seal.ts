import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ageSeal } from "@adyton/runtime/age";

/** Turns a text into one that only the operator can read, elsewhere. */
export interface Seal {
  readonly ending: "age" | "gpg";
  seal(plain: Buffer): Promise<Buffer>;
}

class SealError extends Error {
  override readonly name = "SealError";
}

const gpgMsMax = 30_000;

/**
 * Seals to `age1…`, or, by the program gpg, to the public key in a file. Tries it at once: throws `SealError` for what
 * nothing can be sealed to.
 */
export async function openSeal(recipient: string, folder: string): Promise<Seal> {
  const seal: Seal = recipient.startsWith("age1")
    ? { ending: "age", seal: async (plain) => ageSeal(recipient, plain) }
    : { ending: "gpg", seal: (plain) => gpg(recipient, folder, plain) };
  try {
    await seal.seal(Buffer.alloc(0));
  } catch (cause) {
    const kind =
      seal.ending === "age" ? "an age1… key" : "a file with a public key that gpg can use";
    throw new SealError(`the usage log cannot be sealed to ${recipient}: name ${kind}`, { cause });
  }
  return seal;
}

/** The key's number is left out of what is sealed, so that the file does not tell whose it is. */
async function gpg(file: string, folder: string, plain: Buffer): Promise<Buffer> {
  const home = join(folder, ".gnupg");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const options = ["--batch", "--quiet", "--no-tty", "--homedir", home, "--trust-model", "always"];
  const child = spawn("gpg", [...options, "--hidden-recipient-file", file, "--encrypt"], {
    stdio: ["pipe", "pipe", "ignore"],
    timeout: gpgMsMax,
  });
  const { promise: status, resolve } = Promise.withResolvers<number | null>();
  // Without the program there is no status.
  child.once("error", () => resolve(null)).once("close", resolve);
  child.stdin.on("error", () => undefined);
  child.stdin.end(plain);
  const sealed = await buffer(child.stdout);
  if ((await status) !== 0) throw new SealError("gpg cannot seal");
  return sealed;
}
