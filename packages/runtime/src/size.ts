export type QuantityOutcome =
  | { readonly kind: "ok"; readonly value: number }
  | { readonly kind: "refused"; readonly message: string };

/** Sixty-four tebibytes: more is a typing error. */
export const sizeBytesMax = 64 * 2 ** 40;

const unitBytes: Readonly<Record<string, number>> = {
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * Bytes of a text such as `512B`, `64MiB` or `2GiB`: one whole number and one unit, in any case. Refused: a bare
 * number, a fraction, decimal units (`MB` means two different sizes to two readers), more than `sizeBytesMax`.
 */
export function parseSize(text: string): QuantityOutcome {
  const match = /^(\d{1,15}) ?([\p{L}]{0,16})$/u.exec(text.trim());
  if (match === null) return refused(text, "");
  const [, digits = "", unit = ""] = match;
  if (unit === "") return refused(text, " has no unit and");
  if (/^[kmgt]b?$/i.test(unit)) return refused(text, " has an ambiguous unit and");
  const key = unit.toLowerCase();
  const factor = Object.hasOwn(unitBytes, key) ? unitBytes[key] : undefined;
  if (factor === undefined) return refused(text, "");
  const value = Number(digits) * factor;
  if (value > sizeBytesMax)
    return { kind: "refused", message: `"${text}" is larger than the maximum of 64TiB` };
  return { kind: "ok", value };
}

function refused(text: string, reason: string): QuantityOutcome {
  const shown = text.length > 24 ? `${text.slice(0, 24)}…` : text;
  return {
    kind: "refused",
    message: `"${shown}"${reason} must be a whole number with B, KiB, MiB, GiB or TiB, for example 64MiB`,
  };
}
