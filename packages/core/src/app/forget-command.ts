import {
  type Bilingual,
  type ForgetSelection,
  forgetPreviewsMax,
  grantCovers,
  problem,
} from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import type { Execution, Outcome } from "./conversation-commands.ts";
import { forgetWords } from "./forget-words.ts";
import type { Forgetting } from "./forgetting.ts";
import { problemWords } from "./problem-words.ts";
import type { Conversations } from "./conversations.ts";

export interface ForgetCommandOptions {
  readonly forgetting: Forgetting;
  readonly conversations: Conversations;
  readonly language: keyof Bilingual;
}

type Choice = "last" | "conversation" | "all" | "yes" | "no";

/** What each word chooses, in both languages: people mix them. */
const choices: ReadonlyMap<string, Choice> = new Map<string, Choice>([
  ["last", "last"],
  ["последнее", "last"],
  ["conversation", "conversation"],
  ["беседу", "conversation"],
  ["беседа", "conversation"],
  ["all", "all"],
  ["всё", "all"],
  ["все", "all"],
  ["yes", "yes"],
  ["да", "yes"],
  ["no", "no"],
  ["нет", "no"],
]);

/** A preview's id, by which a button confirms the very preview that it stands under. */
const previewId = /^fgt_[\w-]{16}$/u;

/**
 * `/forget`: shows what would go of the caller's own, and forgets it at the second word. What was shown last in a
 * conversation is what `/forget yes` there confirms.
 */
export class ForgetCommand {
  readonly #options: ForgetCommandOptions;
  /** By conversation; of one principal's, the one shown longest ago goes first. */
  readonly #shown = new Map<string, { readonly by: string; readonly id: string }>();

  constructor(options: ForgetCommandOptions) {
    this.#options = options;
  }

  /** Throws `ProblemError`: `invalid_body`, `forbidden`, `not_found`, `conflict`, or the storage's problem. */
  async run(what: string | undefined, at: Execution): Promise<Outcome> {
    const { forgetting, language } = this.#options;
    const words = forgetWords[language];
    const said = what?.trim() ?? "";
    if (previewId.test(said)) return this.#erase(said, at);
    const choice = choices.get(said.toLowerCase());
    if (choice === undefined)
      return { text: words.how, data: { choices: [...new Set(choices.values())] } };
    if (choice === "yes") return this.#erase(this.#shown.get(at.key)?.id ?? "", at);
    if (choice === "no") {
      this.#shown.delete(at.key);
      return { text: words.kept, data: { kept: true } };
    }
    const preview = await forgetting.preview(this.#selectionOf(choice, at), at.principal);
    this.#shown.delete(at.key);
    const own = [...this.#shown].filter(([, { by }]) => by === at.principal.id);
    const [oldest] = own;
    if (own.length >= forgetPreviewsMax && oldest !== undefined) this.#shown.delete(oldest[0]);
    this.#shown.set(at.key, { by: at.principal.id, id: preview.forgetId });
    return { text: words.shown(preview), data: preview };
  }

  async #erase(id: string, { key, principal }: Execution): Promise<Outcome> {
    const { forgetting, language } = this.#options;
    if (this.#shown.get(key)?.id === id) this.#shown.delete(key);
    const receipt = await forgetting.confirm(id, principal);
    const text = forgetWords[language].done(receipt.residueBytes, receipt.backups);
    return { text, data: receipt };
  }

  #selectionOf(
    choice: Exclude<Choice, "yes" | "no">,
    { key, principal }: Execution,
  ): ForgetSelection {
    const { conversations, language } = this.#options;
    const refuse = (code: "not_found" | "forbidden", words: Bilingual): never => {
      throw new ProblemError(problem(code, { detail: words[language] }));
    };
    switch (choice) {
      case "last": {
        const run = conversations.answered(key, 1)?.run;
        return run === undefined ? refuse("not_found", problemWords.nothingToForget) : { run };
      }
      case "conversation":
        return { conversation: key };
      case "all":
        return isSomebody(principal) || grantCovers(principal.grants, "memory:write")
          ? { everything: true }
          : refuse("forbidden", problemWords.grantNeeded("memory:write"));
    }
  }
}

/** A program that may only talk speaks for its owner, and callers without a token are many. */
const isSomebody = ({ id, person, tier }: Execution["principal"]): boolean =>
  id === person && tier !== "local";
