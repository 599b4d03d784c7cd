import type { QuantityOutcome } from "./size.ts";

/** Ten years: longer is a typing error. */
export const durationMsMax = 3_650 * 86_400_000;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Milliseconds of a text such as `30s`, `5m`, `2h`, `7d` or `250ms`: one whole number and one unit. Refused: a bare
 * number, a fraction, a sign, several parts, an unknown unit, more than `durationMsMax`.
 */
export function parseDuration(text: string): QuantityOutcome {
  const match = /^(\d{1,15}) ?([\p{L}]{0,16})$/u.exec(text.trim());
  if (match === null) return refused(text, "");
  const [, digits = "", unit = ""] = match;
  if (unit === "") return refused(text, " has no unit and");
  if (/\p{Script=Cyrillic}/u.test(unit)) return refused(text, " has a Cyrillic unit and");
  const factor = Object.hasOwn(unitMs, unit) ? unitMs[unit] : undefined;
  if (factor === undefined) return refused(text, "");
  const value = Number(digits) * factor;
  if (value > durationMsMax)
    return { kind: "refused", message: `"${text}" is longer than the maximum of 3650d` };
  return { kind: "ok", value };
}

function refused(text: string, reason: string): QuantityOutcome {
  const shown = text.length > 24 ? `${text.slice(0, 24)}…` : text;
  return {
    kind: "refused",
    message: `"${shown}"${reason} must be a whole number with ms, s, m, h or d, for example 30s, 5m, 2h, 7d`,
  };
}
