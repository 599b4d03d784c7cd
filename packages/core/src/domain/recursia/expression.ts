import { canonicalNumber } from "./canonical.ts";

const number = String.raw`[-−]?\d{1,15}(?:[.,]\d{1,9})?`;
const operator = String.raw`[+\-−–*×·•:/÷]`;
/** Numbers with operators between them; bounded, so that no text takes long. */
export const expressionPattern = new RegExp(
  String.raw`(?<![\p{L}\p{N}.,/:-])(?:${number})(?:\s{0,3}${operator}\s{0,3}(?:${number})){1,20}(?![\p{L}\p{N}%/:-])`,
  "gu",
);

/** The value of an expression of + − × ÷, products first; `undefined` for a division by nothing. */
export function valueOf(expression: string): number | undefined {
  const [first, ...rest] = [
    ...expression.matchAll(new RegExp(String.raw`(${operator})?\s*([-−]?\d+(?:[.,]\d+)?)`, "gu")),
  ];
  if (first === undefined) return undefined;
  const leading = canonicalNumber(first[2] ?? "");
  if (leading === undefined) return undefined;
  let sum = 0;
  let product = isMinus(first[1]) ? -leading : leading;
  for (const [, sign = "", digits = ""] of rest) {
    const operand = canonicalNumber(digits);
    if (operand === undefined) return undefined;
    if ("*×·•".includes(sign)) product *= operand;
    else if (":/÷".includes(sign)) product /= operand;
    else {
      sum += product;
      product = isMinus(sign) ? -operand : operand;
    }
  }
  const value = sum + product;
  return Number.isFinite(value) ? Number(value.toFixed(9)) : undefined;
}

const isMinus = (sign: string | undefined): boolean => sign !== undefined && "-−–".includes(sign);

/** Whether a stated value is the true one, rounded as far as it is written. */
export function agrees(stated: string, value: number): boolean {
  const read = canonicalNumber(stated);
  if (read === undefined) return false;
  const decimals = /[.,](\d+)\s*$/u.exec(stated)?.[1]?.length ?? 0;
  return Math.abs(read - value) <= 0.5 * 10 ** -decimals + 1e-9 * Math.abs(value);
}
