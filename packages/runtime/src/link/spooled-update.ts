import { createHash } from "node:crypto";
import { ageOpen, ageSeal } from "../age.ts";
import type { Secret } from "../secret.ts";

/**
 * An update that waits on the relay, sealed to the node's key of the time: an epoch is the time for which one key holds.
 * The sealed text is JSON, filled up with spaces, and names its number and its epoch: what lies under another name, or was
 * sealed to another key, is not taken for it.
 */

export const spoolVersion = 1;
/** Sealed texts have sizes in steps of this, so that a size tells little of what was said. */
export const spoolStepBytes = 1_024;

/** Names the epoch of a key: 16 hex characters. */
export const epochOf = (recipient: string): string =>
  createHash("sha256").update(recipient).digest("hex").slice(0, 16);

/** Seals an update as Telegram gave it. Throws `AgeError` for a recipient that is none. */
export function sealUpdate(recipient: string, update: { readonly update_id: number }): Buffer {
  const sealed = {
    version: spoolVersion,
    epoch: epochOf(recipient),
    update_id: update.update_id,
    update,
  };
  const text = Buffer.from(JSON.stringify(sealed));
  const size = Math.ceil(text.length / spoolStepBytes) * spoolStepBytes;
  return ageSeal(recipient, Buffer.concat([text, Buffer.alloc(size - text.length, " ")]));
}

/**
 * Opens what was sealed in an epoch. Throws `AgeError`; `undefined` for what is sealed rightly and says something else
 * than an update of this epoch.
 */
export function openUpdate(
  { identity, epoch }: { readonly identity: Secret; readonly epoch: string },
  file: Uint8Array,
): { readonly update_id: number } | undefined {
  const text = ageOpen(identity, file).toString();
  let sealed: unknown;
  try {
    sealed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(sealed) || sealed["version"] !== spoolVersion || sealed["epoch"] !== epoch)
    return undefined;
  const { update_id: id, update } = sealed;
  return isUpdate(update) && update.update_id === id ? update : undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const isUpdate = (value: unknown): value is { readonly update_id: number } =>
  isRecord(value) && Number.isSafeInteger(value["update_id"]);
