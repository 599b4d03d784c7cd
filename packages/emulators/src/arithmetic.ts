const expressionPattern =
  /-?\d{1,15}(?:\.\d{1,6})?(?:\s{0,3}[+\-−*×·/÷]\s{0,3}-?\d{1,15}(?:\.\d{1,6})?){1,20}/u;

/** The value of the first arithmetic expression (+ − × ÷, no parentheses) in a text, or null. */
export function firstValue(text: string): number | null {
  const expression = expressionPattern.exec(text)?.[0];
  if (expression === undefined) return null;
  const [first, ...rest] = [...expression.matchAll(/([+\-−*×·/÷]?)\s*(-?\d+(?:\.\d+)?)/gu)];
  if (first === undefined) return null;
  let sum = 0;
  let product = Number(first[0].replaceAll(/\s/gu, ""));
  for (const [, operator = "", digits = "0"] of rest) {
    const operand = Number(digits);
    if ("*×·".includes(operator)) product *= operand;
    else if ("/÷".includes(operator)) product /= operand;
    else {
      sum += product;
      product = operator === "+" ? operand : -operand;
    }
  }
  const value = sum + product;
  return Number.isFinite(value) ? Number(value.toFixed(6)) : null;
}
