/**
 * How many tokens a text has, without its tokenizer.
 *
 * Every character costs a fixed part of a token, by its script, and a change of kind inside a word costs a little more,
 * because a tokenizer cuts there. The costs were fitted to four tokenizers (cl100k, o200k, Llama 2, Llama 3). Margins
 * (the tests hold the counts): Latin, Cyrillic, Chinese, Japanese, digits, code, logs and JSON at least 0.8 times the
 * highest of the four counts and at most 1.7 times the lowest; Korean, Arabic, Hindi and emoji, where the four disagree
 * by up to four times among themselves, at least 0.6 times the highest and at most 2.3 times the lowest. What is left
 * is learned from the usage a server reports.
 */

/** Tokens a chat template puts around one message: role, marks and line ends. Measured on ChatML and Llama 3: 4 and 5. */
export const messageOverheadTokens = 5;

/** A learned factor never leaves these bounds, so that a wrong report cannot ruin the estimate. */
export const correctionMin = 0.5;
export const correctionMax = 2;

/** Shorter prompts teach nothing: the template's own tokens outweigh the text's. */
export const learnedPromptTokensMin = 64;

/** A report this many times above, or below, the estimate is a miscount and not a tokenizer's habit. */
const plausibleReportRatio = 4;

// Too low an estimate overflows the window, too high a one only forgets a little early: rise fast, fall slowly.
const learnedShareRising = 0.5;
const learnedShareFalling = 0.1;

/** Costs are in hundredths of a token, so that the sum stays an integer. */
const unit = 100;

const lower = 0;
const upper = 1;
const digit = 2;
const other = 3;
type Kind = typeof lower | typeof upper | typeof digit | typeof other;

const cost = {
  smallLetter: 28,
  capital: 46,
  accentedLetter: 60,
  digit: 96,
  punctuation: 72,
  newline: 60,
  moreSpace: 22,
  kindChange: 42,
  cyrillic: 46,
  cyrillicBeyondRussian: 120,
  greekHebrewArabic: 66,
  kana: 92,
  ideograph: 112,
  hangul: 124,
  otherScript: 84,
  symbol: 150,
  surrogate: 150,
} as const;

const asciiKind = new Uint8Array(128).fill(other);
const asciiCost = new Uint8Array(128).fill(cost.punctuation);
for (let code = 48; code <= 57; code += 1) set(code, digit, cost.digit);
for (let code = 65; code <= 90; code += 1) set(code, upper, cost.capital);
for (let code = 97; code <= 122; code += 1) set(code, lower, cost.smallLetter);
set(10, other, cost.newline);
set(13, other, 0);

function set(code: number, kind: Kind, costOfIt: number): void {
  asciiKind[code] = kind;
  asciiCost[code] = costOfIt;
}

/** Estimated tokens of a text; 0 for an empty one. One pass, without allocation. */
export function estimateTokens(text: string): number {
  let sum = 0;
  let previous: number = other;
  let wasSpace = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 32 || code === 9) {
      // The first space belongs to the token of the word after it.
      if (wasSpace) sum += cost.moreSpace;
      wasSpace = true;
      previous = other;
      continue;
    }
    wasSpace = false;
    if (code >= 128) {
      sum += wideCost(code);
      previous = other;
      continue;
    }
    const kind = asciiKind[code] ?? other;
    sum += asciiCost[code] ?? cost.punctuation;
    if (kind !== previous && isCut(previous, kind)) sum += cost.kindChange;
    previous = kind;
  }
  return Math.ceil(sum / unit);
}

/** A capital after a small letter, or a letter beside a digit; "Word" is not cut after its capital. */
function isCut(previous: number, kind: number): boolean {
  if (previous === other || kind === other) return false;
  return !(previous === upper && kind === lower);
}

function wideCost(code: number): number {
  if (code >= 0x410 && code <= 0x44f) return cost.cyrillic;
  if (code >= 0x400 && code <= 0x52f) return cost.cyrillicBeyondRussian;
  if (code >= 0x4e00 && code <= 0x9fff) return cost.ideograph;
  if (code >= 0xd800 && code <= 0xdfff) return cost.surrogate;
  if (code <= 0x24f) return code < 0xc0 ? cost.punctuation : cost.accentedLetter;
  if (code >= 0x2000 && code <= 0x206f) return code === 0x200d ? cost.symbol : cost.punctuation;
  if (code >= 0x3040 && code <= 0x30ff) return cost.kana;
  if (code >= 0xac00 && code <= 0xd7af) return cost.hangul;
  if (code >= 0x370 && code <= 0x6ff) return cost.greekHebrewArabic;
  if (code >= 0x3000 && code <= 0x303f) return cost.kana;
  if (code >= 0x3400 && code <= 0x4dbf) return cost.ideograph;
  if (code >= 0xff00 && code <= 0xff60) return cost.kana;
  if (code >= 0x2100 && code <= 0x2bff) return cost.symbol;
  if (code >= 0xfe00 && code <= 0xfe0f) return cost.symbol;
  return cost.otherScript;
}

/** Estimated tokens of a whole prompt: every message's text and what the chat template puts around it. */
export function estimatePromptTokens(messages: readonly { readonly content: string }[]): number {
  let total = messageOverheadTokens;
  for (const { content } of messages) total += estimateTokens(content) + messageOverheadTokens;
  return total;
}

/**
 * The next correction factor after a server reported `reportedTokens` for a prompt estimated at `estimatedTokens`
 * (without correction). An implausible or a short report changes nothing; the factor stays within its bounds.
 */
export function learnCorrection(
  factor: number,
  estimatedTokens: number,
  reportedTokens: number,
): number {
  if (estimatedTokens < learnedPromptTokensMin) return factor;
  if (!isPlausibleCount(estimatedTokens, reportedTokens)) return factor;
  const ratio = reportedTokens / estimatedTokens;
  const share = ratio > factor ? learnedShareRising : learnedShareFalling;
  const next = factor + share * (ratio - factor);
  return Math.min(correctionMax, Math.max(correctionMin, next));
}

/** Whether a reported count can be true: a whole number, at most four times above or below the estimate. */
export function isPlausibleCount(estimatedTokens: number, reportedTokens: number): boolean {
  return (
    Number.isSafeInteger(reportedTokens) &&
    reportedTokens >= 0 &&
    reportedTokens <= estimatedTokens * plausibleReportRatio &&
    reportedTokens * plausibleReportRatio >= estimatedTokens
  );
}
