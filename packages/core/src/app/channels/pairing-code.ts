import { createHash, randomInt, timingSafeEqual } from "node:crypto";

/** No letter or digit that looks like another: without 0 and O, 1, I and L. */
const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const groupChars = 3;
const groups = 3;
/** What somebody writes is not looked at beyond this. */
const writtenUnitsMax = 64;
/** Telegram sends the parameter of a link to a bot as "/start PARAMETER". */
const written = new RegExp(
  `^(?:/start )?((?:[${alphabet}]{${groupChars}}[- ]?){${groups - 1}}[${alphabet}]{${groupChars}})$`,
  "iu",
);

/** A code of 44 random bits, `K7M-9QX-4TR`, to be sent to the bot once. */
export function newPairingCode(): string {
  return Array.from({ length: groups }, newGroup).join("-");
}

function newGroup(): string {
  return Array.from({ length: groupChars }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** The code that a message is, in the form in which codes are made; `undefined` for everything else. */
export function writtenCode(text: string): string | undefined {
  if (text.length > writtenUnitsMax) return undefined;
  const code = written.exec(text.trim())?.[1]?.toUpperCase().replaceAll(/[- ]/g, "");
  return code?.replaceAll(/(.{3})(?=.)/g, "$1-");
}

/** Whether two codes are the same, in a time that does not tell how much of them is. */
export function isSameCode(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
