/** The part of the model's window kept free for the answer, and the most that is kept. */
const answerShare = 0.25;
const answerReserveTokensMax = 4_096;

/** Tokens of a window that are kept free for the answer. */
export function reserveTokens(windowTokens: number, answerTokensMax: number | undefined): number {
  const wanted = answerTokensMax ?? answerReserveTokensMax;
  return Math.min(wanted, Math.floor(windowTokens * answerShare));
}
