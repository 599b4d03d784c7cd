import type { CountedPrompt } from "../../domain/mirror/snapshot.ts";
import { estimatePromptTokens, messageOverheadTokens } from "../../domain/model/token-estimate.ts";
import type { ReportedProbe } from "./probe-calls.ts";

/** Counts a prompt again: by the server's own tokenizer where it offers one, else by the estimate as it is unlearned. */
export async function countPrompt(
  ref: string,
  { backend, messages, reportedTokens }: ReportedProbe,
  signal: AbortSignal,
): Promise<CountedPrompt> {
  const text = messages.map(({ content }) => content).join("\n");
  const exact = await backend.countExact?.(text, signal);
  return {
    ref,
    ownTokens:
      exact === undefined
        ? // What was learned from usage has learned a cut too.
          estimatePromptTokens(messages)
        : exact + messageOverheadTokens * (messages.length + 1),
    isExact: exact !== undefined,
    reportedTokens,
  };
}
