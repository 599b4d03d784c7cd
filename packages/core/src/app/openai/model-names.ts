import { type Bilingual, grantCovers, type OpenAiModel, problem } from "@adyton/protocol";
import { shownModel } from "../../domain/model/shown-model.ts";
import { findMode, modes } from "../../domain/modes/registry.ts";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Principal } from "../../ports/http.ts";
import type { BackendPool } from "../backend-pool.ts";
import { problemWords } from "../problem-words.ts";
import { embedders } from "./embedders.ts";

export interface ModelNamesOptions {
  readonly backends: BackendPool;
  readonly language: keyof Bilingual;
  readonly startedMs: number;
}

const ownName = "adyton";
const ownPrefix = `${ownName}/`;

/** The names under which OpenAI's clients ask: the node's own default, each of its modes, and the servers' models. */
export class ModelNames {
  readonly #options: ModelNamesOptions;

  constructor(options: ModelNamesOptions) {
    this.#options = options;
  }

  /**
   * The mode a name stands for; `undefined` is the conversation's own, or the node's. A server's name for its model is
   * DIRECT. Throws `ProblemError` `unknown_model`.
   */
  modeOf(name: string, caller: Principal): string | undefined {
    if (name === ownName) return undefined;
    const mode = name.startsWith(ownPrefix) ? findMode(name.slice(ownPrefix.length)) : undefined;
    if (mode !== undefined) return mode.id;
    if (this.#served("chat", caller).includes(name)) return "DIRECT";
    throw this.#unknown(name, caller);
  }

  /** Whether a name stands for the embedding model. Throws `ProblemError` `unknown_model` when it does not. */
  requireEmbedding(name: string, caller: Principal): void {
    const served = this.#served("embeddings", caller);
    const { language } = this.#options;
    if (served.length === 0) {
      const detail = problemWords.embeddingNeeded[language];
      throw new ProblemError(problem("unknown_model", { detail }));
    }
    if (name === ownName || served.includes(name)) return;
    const detail = problemWords.unknownModel(name, [ownName, ...served].join(", "))[language];
    throw new ProblemError(problem("unknown_model", { detail }));
  }

  all(caller: Principal): readonly OpenAiModel[] {
    const own = [ownName, ...modes.map(({ id }) => ownPrefix + id.toLowerCase())];
    const served = [...this.#served("chat", caller), ...this.#served("embeddings", caller)];
    const created = Math.floor(this.#options.startedMs / 1_000);
    const entry = (id: string, owner: string): OpenAiModel => ({
      id,
      object: "model",
      created,
      owned_by: owner,
    });
    return [
      ...own.map((id) => entry(id, ownName)),
      ...new Set(served)
        .difference(new Set(own))
        .values()
        .map((id) => entry(id, "backend")),
    ];
  }

  /** One entry of the list. Throws `ProblemError` `unknown_model`. */
  one(name: string, caller: Principal): OpenAiModel {
    const found = this.all(caller).find(({ id }) => id === name);
    if (found === undefined) throw this.#unknown(name, caller);
    return found;
  }

  /** The name that speaks for the node: its server's model, or its own without one. */
  loaded(caller: Principal): string {
    return this.#served("chat", caller)[0] ?? ownName;
  }

  #served(role: "chat" | "embeddings", caller: Principal): string[] {
    const { backends } = this.#options;
    const isOwner = grantCovers(caller.grants, "admin");
    const names =
      role === "chat"
        ? backends.of("chat").map(({ backend }) => backend.model)
        : embedders(backends).backends.map(({ embeddingModel = "" }) => embeddingModel);
    const known = names.filter((name) => name !== "");
    return [...new Set(known.map((name) => (isOwner ? name : shownModel(name))))];
  }

  #unknown(name: string, caller: Principal): ProblemError {
    const known = this.all(caller)
      .map(({ id }) => id)
      .join(", ");
    const detail = problemWords.unknownModel(name, known)[this.#options.language];
    return new ProblemError(problem("unknown_model", { detail }));
  }
}
