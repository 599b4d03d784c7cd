import { BackendError } from "./address.ts";
import { contextTokensMax } from "./limits.ts";

const concurrencyMax = 10_000;

/** Throws `BackendError` for a number that cannot be. */
export function checkOptions(options: {
  readonly concurrency: number;
  readonly contextTokens?: number;
}): void {
  const { concurrency, contextTokens } = options;
  if (!isCount(concurrency, concurrencyMax))
    throw new BackendError(
      "option_invalid",
      `concurrency must be a whole number from 1 to ${concurrencyMax}`,
    );
  if (contextTokens !== undefined && !isCount(contextTokens, contextTokensMax))
    throw new BackendError("option_invalid", "contextTokens must be a positive whole number");
}

function isCount(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && value <= max;
}
