import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";

const keyBytes = 32;

/**
 * Makes a key of 32 bytes, as 64 hexadecimal digits, in a new file that only its owner may read. Rejects with `EEXIST` when
 * there is a file already.
 */
export async function makeKeyFile(file: string): Promise<void> {
  const text = `${randomBytes(keyBytes).toString("hex")}\n`;
  await writeFile(file, text, { flag: "wx", mode: 0o600, flush: true });
}
