import { parseDuration } from "@adyton/runtime/duration";
import { Failure } from "./failure.ts";
import type { Options } from "./options.ts";
import { plainLine } from "./terminal-text.ts";
import type { Translate } from "./texts/translate.ts";

/** `--expires` as requests have it; nothing where it was not given. */
export function expiryOf(options: Options, t: Translate): { readonly expiresAt?: string } {
  const text = options.text("expires");
  return text === undefined ? {} : { expiresAt: parseExpiry(text, t) };
}

/** A duration from now (`30d`) or a date (`2027-01-31`, with or without a time) that is still to come. */
export function parseExpiry(text: string, t: Translate, nowMs = Date.now()): string {
  const duration = parseDuration(text);
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  const atMs = duration.kind === "ok" ? nowMs + duration.value : date;
  if (Number.isNaN(atMs) || atMs <= nowMs)
    throw new Failure("usage", { title: t("token.bad_expiry", { found: plainLine(text) }) });
  return new Date(atMs).toISOString();
}
