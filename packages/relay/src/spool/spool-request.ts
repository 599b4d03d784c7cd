import type { SpoolRequest } from "@adyton/protocol/link-spool";
import {
  spoolIdPattern,
  spoolPeopleMax,
  spoolRecipientPattern,
  spoolTakenMax,
} from "@adyton/protocol/link-spool-limits";
import { isWhole, jsonOf, memberOf } from "../json-value.ts";

/** Whom to seal to, and whose updates. */
export type Sealing = Pick<SpoolRequest, "recipient" | "people">;

const membersOfRequest = 3;

/** Reads a request, by hand as all the relay reads; `undefined` for anything else. */
export function readSpoolRequest(text: string): SpoolRequest | undefined {
  const value = jsonOf(text);
  const sealing = sealingOf(value);
  const taken = listOf(memberOf(value, "taken"), isId, spoolTakenMax);
  if (sealing === undefined || taken === undefined) return undefined;
  const members = Object.keys(value ?? {}).length;
  return members === membersOfRequest ? { ...sealing, taken } : undefined;
}

/** Reads what was kept of a request; `undefined` for anything else. */
export const readSealing = (text: string): Sealing | undefined => sealingOf(jsonOf(text));

function sealingOf(value: unknown): Sealing | undefined {
  const recipient = memberOf(value, "recipient");
  const people = listOf(memberOf(value, "people"), isPerson, spoolPeopleMax);
  if (typeof recipient !== "string" || !spoolRecipientPattern.test(recipient)) return undefined;
  return people === undefined ? undefined : { recipient, people };
}

const isPerson = (value: unknown): value is number => isWhole(value, 1);
const isId = (value: unknown): value is string =>
  typeof value === "string" && spoolIdPattern.test(value);

function listOf<T>(
  value: unknown,
  isItem: (item: unknown) => item is T,
  countMax: number,
): T[] | undefined {
  if (!Array.isArray(value) || value.length > countMax) return undefined;
  const items: readonly unknown[] = value;
  return items.every(isItem) ? [...items] : undefined;
}
