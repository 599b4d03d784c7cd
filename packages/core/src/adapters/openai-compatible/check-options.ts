import { BackendError } from "./address.ts";
import { contextTokensMax } from "./limits.ts";

const concurrencyMax = 10_000;

/** Throws `BackendError` for a number that cannot be, and for a key that no header can carry. */
export function checkOptions(options: {
  readonly apiKey?: { reveal(): string };
  readonly concurrency: number;
  readonly contextTokens?: number;
}): void {
  const { apiKey, concurrency, contextTokens } = options;
  // A line break in it would begin another header.
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey.reveal()))
    throw new BackendError(
      "option_invalid",
      "a model server's key is one word of ASCII characters; its file holds something else",
    );
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
