import { createHash, randomBytes } from "node:crypto";

const secretPrefix = "adyton_";

/** A new secret: 256 random bits behind a prefix by which leak scanners know it. */
export function newSecret(): string {
  return `${secretPrefix}${randomBytes(32).toString("base64url")}`;
}

/** What is kept of a secret. It has 256 random bits, so a fast hash is as good as a slow one. */
export function secretHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
