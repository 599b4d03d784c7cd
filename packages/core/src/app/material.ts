import { type Attachment, type Bilingual, problem } from "@adyton/protocol";
import { reserveTokens } from "../domain/context/reserve.ts";
import { type FittedReading, fittedReading } from "../domain/external/fitted-reading.ts";
import { attachmentsSource } from "../domain/external/taint.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { languageOf } from "../domain/search/terms.ts";
import type { Backend, ChatMessage, ChatOutcome } from "../ports/backend.ts";
import {
  type AnsweringOptions,
  askAny,
  leastOf,
  overflowShrink,
  overflowTriesMax,
  type Produced,
  producedBy,
  type Prompt,
  tooLong,
} from "./answering.ts";
import type { Attempt } from "./failover.ts";
import type { LiveRun } from "./live-run.ts";
import { problemWords } from "./problem-words.ts";
import { isOfConversation } from "./quotes.ts";

// Somebody else's words that come with a message are read by a call that knows nothing else: no prompt of the node's, no
// pinned block, no conversation, no tools. Whatever they order, there is nothing to give away but the answer, which is
// tainted and passes the exit filter.

type Picture = Attachment & { readonly kind: "picture" };

/** What a turn is to read of others: its attachments, and a quotation that the conversation does not have. */
export function materialOf(
  { conversations }: AnsweringOptions,
  { submission: { attachments = [], quote }, conversationKey }: LiveRun,
): readonly Attachment[] {
  if (quote === undefined || isOfConversation(conversations, conversationKey, quote))
    return attachments;
  return [{ kind: "text", text: quote }, ...attachments];
}

/** Answers from what came with the message. Throws `ProblemError`: `conflict` where no model can read it. */
export async function answerFromMaterial(
  options: AnsweringOptions,
  run: LiveRun,
  material: readonly Attachment[],
): Promise<Produced> {
  const { backends, language } = options;
  const { controller, command } = run.policy;
  if (backends.slots === 0 || controller === "extractive" || command !== undefined)
    throw refused(problemWords.attachmentsNeedModel[language]);
  const texts = material.filter((each) => each.kind === "text");
  const pictures = material.filter((each) => each.kind === "picture");
  const servers = pictures.length === 0 ? undefined : seeing(options);
  if (servers?.size === 0) throw refused(problemWords.picturesNeedModel[language]);
  run.guard.read([
    { source: attachmentsSource, tier: "external" },
    ...texts.map(({ text }) => ({ source: attachmentsSource, tier: "external", text }) as const),
  ]);
  const reading = new Reading(options, run, {
    texts: texts.map(({ name, text }) => (name === undefined ? text : `${name}\n${text}`)),
    pictures,
  });
  const served = await askAny(options, run, {
    servers,
    ask: (backend, attempt) => reading.ask(backend, attempt),
  });
  return withRemark(run, producedBy(options, run, served), served.made);
}

/** The names of the servers whose models see pictures. */
function seeing({ backends }: AnsweringOptions): ReadonlySet<string> {
  const able = backends.members.filter(
    ({ sees, roles }) => sees === true && roles.includes("chat"),
  );
  return new Set(able.map(({ backend }) => backend.name));
}

function refused(detail: string): ProblemError {
  return new ProblemError(problem("conflict", { detail }));
}

interface Material {
  readonly texts: readonly string[];
  readonly pictures: readonly Picture[];
}

type Read = Prompt & Partial<Pick<FittedReading, "shownChars" | "chars">>;

/** One question about texts and pictures, put to whichever server takes it. */
class Reading {
  readonly #run: LiveRun;
  readonly #material: Material;
  readonly #answerTokensMax: number | undefined;

  constructor(options: AnsweringOptions, run: LiveRun, material: Material) {
    this.#run = run;
    this.#material = material;
    this.#answerTokensMax = leastOf(options.answerTokensMax, run.policy.answerTokensMax);
  }

  /** Asks one server with as much of the texts as fits its window. */
  async ask(
    backend: Backend,
    attempt: Attempt,
  ): Promise<{ readonly outcome: ChatOutcome; readonly made: Read }> {
    const { signal, policy, guard, submission } = this.#run;
    const answerTokensMax = this.#answerTokensMax;
    let windowTokens = backend.contextTokens;
    for (let tries = 1; ; tries += 1) {
      const roomTokens = windowTokens - reserveTokens(windowTokens, answerTokensMax);
      const fitted = fittedReading(submission.text, this.#material.texts, {
        nonce: guard.nonce,
        roomTokens,
        count: (text) => backend.countTokens(text),
      });
      const { tokens } = fitted;
      const messages = [message(fitted.content, this.#material.pictures)];
      const made: Read = { ...fitted, messages, dropped: 0 };
      if (tokens > roomTokens)
        return { outcome: tooLong({ questionTokens: tokens, availableTokens: roomTokens }), made };
      const outcome = await backend.chat({
        messages,
        signal,
        promptTokensEstimate: tokens,
        ...attempt,
        ...(policy.generation === undefined ? {} : { settings: policy.generation }),
        ...(answerTokensMax === undefined ? {} : { answerTokensMax }),
      });
      const isOverflow = outcome.kind === "failed" && outcome.reason === "overflow";
      if (!isOverflow || outcome.started || tries === overflowTriesMax) return { outcome, made };
      windowTokens = Math.floor(windowTokens * overflowShrink);
    }
  }
}

function message(content: string, pictures: readonly Picture[]): ChatMessage {
  if (pictures.length === 0) return { role: "user", content };
  const urls = pictures.map(({ mediaType, data }) => `data:${mediaType};base64,${data}`);
  const shown = urls.map((url) => ({ type: "image_url", image_url: { url } }) as const);
  return { role: "user", content, parts: [{ type: "text", text: content }, ...shown] };
}

/** Says behind the answer when the model was not shown all of the texts. */
function withRemark(run: LiveRun, made: Produced, { shownChars = 0, chars = 0 }: Read): Produced {
  if (shownChars >= chars) return made;
  const remark = `\n\n(${partRead(shownChars, chars)[languageOf(run.submission.text)]})`;
  if (run.watched) run.delta(remark);
  return { ...made, text: `${made.text}${remark}` };
}

const partRead = (shown: number, of: number): Bilingual => ({
  en: `Read: ${shown} of ${of} characters, from the beginning; the model's window holds no more.`,
  ru: `Прочитано знаков: ${shown} из ${of}, с начала; больше окно модели не вмещает.`,
});
