import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { linkProtocol } from "@adyton/protocol/link-limits";

/** What the two have said to each other; a proof holds for it alone, so none can be used again. */
export interface Greeting {
  readonly relayNonce: string;
  readonly coreNonce: string;
  /** What the prover says of the session: its id, the last number it has, and whether the session goes on. */
  readonly session: string | null;
  readonly received: number;
  readonly isResumed?: boolean;
}

/** 32 random bytes, new for each greeting. */
export const newNonce = (): string => randomBytes(32).toString("hex");

/** The proof of one side that it has the key: a keyed digest over its role, the protocol and the whole greeting. */
export function linkProof(
  key: { reveal(): string },
  role: "core" | "relay",
  { relayNonce, coreNonce, session, received, isResumed }: Greeting,
): string {
  const said = [linkProtocol, role, relayNonce, coreNonce, session, received, isResumed ?? null];
  return createHmac("sha256", key.reveal()).update(JSON.stringify(said)).digest("hex");
}

/** Compares two proofs in a time that does not depend on where they differ. */
export function isSameProof(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, "hex"), Buffer.from(other, "hex")];
  return a.length === b.length && timingSafeEqual(a, b);
}
