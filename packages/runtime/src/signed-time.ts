import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * What time it is on the other machine, over one line there and one back. Both are authenticated with a key that the two
 * share; the answer names the question's nonce, so that none can be used again. Whoever does not have the key gets no
 * answer.
 */

/** Bytes of the longest line, with its end. */
export const timeLineBytesMax = 160;
/** Where the relay answers unless told otherwise. */
export const timePortDefault = 7_862;

const protocol = "adyton-time/1";
const asked = new RegExp(`^${protocol} ask ([0-9a-f]{32}) ([0-9a-f]{64})\n$`);
const answered = new RegExp(`^${protocol} at ([0-9a-f]{32}) (\\d{1,15}) ([0-9a-f]{64})\n$`);

export interface TimeQuestion {
  readonly line: string;
  /** The time in the answer to this very question, in milliseconds since 1970; `undefined` for any other text. */
  read(line: string): number | undefined;
}

/** A new question to whoever has the key. */
export function askTime(key: { reveal(): string }): TimeQuestion {
  const nonce = randomBytes(16).toString("hex");
  return {
    line: proved(key, "ask", nonce),
    read: (line) => {
      const [, to, at = "", proof = ""] = answered.exec(line) ?? [];
      return to === nonce && isProof(key, ["at", nonce, at], proof) ? Number(at) : undefined;
    },
  };
}

/** The answer to a question; `undefined` for one that was not asked with the key, or is none. */
export function answerTime(
  key: { reveal(): string },
  question: string,
  nowMs: number,
): string | undefined {
  const [, nonce = "", proof = ""] = asked.exec(question) ?? [];
  if (!isProof(key, ["ask", nonce], proof)) return undefined;
  return proved(key, "at", nonce, String(Math.trunc(nowMs)));
}

const proved = (key: { reveal(): string }, ...words: readonly string[]): string =>
  `${[protocol, ...words, digest(key, words).toString("hex")].join(" ")}\n`;

function isProof(key: { reveal(): string }, words: readonly string[], proof: string): boolean {
  const [given, right] = [Buffer.from(proof, "hex"), digest(key, words)];
  return given.length === right.length && timingSafeEqual(given, right);
}

/** Under a key of its own: what proves one thing with the shared key proves nothing else. */
function digest(key: { reveal(): string }, words: readonly string[]): Buffer {
  const own = Buffer.from(hkdfSync("sha256", key.reveal(), "", protocol, 32));
  return createHmac("sha256", own).update(words.join(" ")).digest();
}
