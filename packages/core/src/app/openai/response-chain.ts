import { type Bilingual, MessageAnswer, problem, responseChainMax } from "@adyton/protocol";
import * as z from "zod";
import { ProblemError } from "../../domain/problem-error.ts";
import type { ChatMessage } from "../../ports/backend.ts";
import type { Principal } from "../../ports/http.ts";
import type { RecordsPort, StatePort } from "../../ports/journal.ts";
import { problemWords } from "../problem-words.ts";

export interface ResponseChainOptions {
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly language: keyof Bilingual;
}

/** What a response goes on from. */
export interface Continued {
  readonly run: string;
  readonly conversation: string;
  /** All that was said up to it, itself included, oldest first. */
  readonly messages: readonly ChatMessage[];
}

const Call = z.object({ id: z.string(), name: z.string(), arguments: z.string() });
const StoredMessage = z.object({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.string(),
  parts: z
    .array(
      z.discriminatedUnion("type", [
        z.object({ type: z.literal("text"), text: z.string() }),
        z.object({
          type: z.literal("image_url"),
          image_url: z.object({ url: z.string(), detail: z.string().optional() }),
        }),
      ]),
    )
    .optional(),
  toolCalls: z.array(Call).optional(),
  toolCallId: z.string().optional(),
});
const Asked = z.object({
  conversation: z.string(),
  text: z.string(),
  context: z.object({
    stored: z.literal(true),
    input: z.array(StoredMessage).optional(),
    previous: z.string().optional(),
  }),
});

/** Responses that are continued by their ids, read from the journal: each has what was new in it, and its answer. */
export class ResponseChain {
  readonly #options: ResponseChainOptions;

  constructor(options: ResponseChainOptions) {
    this.#options = options;
  }

  /**
   * The context a response leaves behind. Throws `ProblemError`: `not_found` for one that is not the caller's, has no
   * answer or was not stored, `erased`, `conflict` when more than `responseChainMax` follow each other.
   */
  upTo(response: string, caller: Principal): Continued {
    const last = response.replace(/^resp_/, "run_");
    const turns: ChatMessage[][] = [];
    let conversation: string | undefined;
    for (let run: string | undefined = last; run !== undefined;) {
      if (turns.length === responseChainMax)
        throw new ProblemError(
          problem("conflict", { detail: problemWords.chainTooLong[this.#options.language] }),
        );
      const { messages, asked } = this.#turn(run, caller);
      conversation ??= asked.conversation;
      turns.push(messages);
      run = asked.context.previous;
    }
    return { run: last, conversation: conversation ?? "", messages: turns.toReversed().flat() };
  }

  #turn(id: string, caller: Principal) {
    const { records, state, language } = this.#options;
    const found = state.run(id);
    const run = found?.actor === caller.id ? found : undefined;
    const received = run === undefined ? undefined : records.record(run.received);
    const answered = run?.result == null ? undefined : records.record(run.result);
    if (received?.payload === "erased" || answered?.payload === "erased")
      throw new ProblemError(problem("erased"));
    const asked = Asked.safeParse(received?.data);
    const answer = MessageAnswer.safeParse(answered?.data);
    if (!asked.success || !answer.success)
      throw new ProblemError(
        problem("not_found", { detail: problemWords.noSuchResponse[language] }),
      );
    const { text, toolCalls } = answer.data;
    const messages: ChatMessage[] = [
      ...(asked.data.context.input ?? [{ role: "user" as const, content: asked.data.text }]),
      { role: "assistant", content: text, toolCalls },
    ];
    return { messages, asked: asked.data };
  }
}
