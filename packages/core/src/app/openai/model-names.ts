import { type Bilingual, grantCovers, type OpenAiModel, problem } from "@adyton/protocol";
import { shownModel } from "../../domain/model/shown-model.ts";
import { mayUse, type Modes } from "../../domain/modes/registry.ts";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Principal } from "../../ports/http.ts";
import type { BackendPool } from "../backend-pool.ts";
import type { Submission } from "../live-run.ts";
import { problemWords } from "../problem-words.ts";
import { embedders } from "./embedders.ts";

export interface ModelNamesOptions {
  readonly backends: BackendPool;
  readonly modes: Modes;
  readonly language: keyof Bilingual;
  readonly startedMs: number;
}

const ownName = "adyton";
const ownPrefix = `${ownName}/`;

/**
 * The names under which OpenAI's clients ask: the node's own default, each of its modes, and the servers' models. Who asks
 * for those before the servers have told waits for them.
 */
export class ModelNames {
  readonly #options: ModelNamesOptions;

  constructor(options: ModelNamesOptions) {
    this.#options = options;
  }

  /**
   * What a name stands for: a mode, where `undefined` is the conversation's own, or the node's; or a model, which is
   * asked in DIRECT, on the servers that have it and no others. Throws `ProblemError` `unknown_model`.
   */
  async targetOf(name: string, caller: Principal): Promise<Pick<Submission, "mode" | "servers">> {
    if (name === ownName) return {};
    const { backends, modes } = this.#options;
    const mode = name.startsWith(ownPrefix) ? modes.find(name.slice(ownPrefix.length)) : undefined;
    if (mode !== undefined && mayUse(mode, caller.tier)) return { mode: mode.id };
    await backends.introduced();
    const having = backends
      .of("chat")
      .filter(({ backend }) => this.#shown(backend.model, caller) === name);
    if (having.length === 0) throw await this.#unknown(name, caller);
    return { mode: "DIRECT", servers: new Set(having.map((each) => each.name)) };
  }

  /** Whether a name stands for the embedding model. Throws `ProblemError` `unknown_model` when it does not. */
  async requireEmbedding(name: string, caller: Principal): Promise<void> {
    const served = await this.#served("embeddings", caller);
    const { language } = this.#options;
    if (served.length === 0) {
      const detail = problemWords.embeddingNeeded[language];
      throw new ProblemError(problem("unknown_model", { detail }));
    }
    if (name === ownName || served.includes(name)) return;
    const detail = problemWords.unknownModel(name, [ownName, ...served].join(", "))[language];
    throw new ProblemError(problem("unknown_model", { detail }));
  }

  async all(caller: Principal): Promise<readonly OpenAiModel[]> {
    const modes = this.#options.modes.usableBy(caller.tier);
    const own = [ownName, ...modes.map(({ id }) => ownPrefix + id.toLowerCase())];
    const served = [
      ...(await this.#served("chat", caller)),
      ...(await this.#served("embeddings", caller)),
    ];
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
  async one(name: string, caller: Principal): Promise<OpenAiModel> {
    const found = (await this.all(caller)).find(({ id }) => id === name);
    if (found === undefined) throw await this.#unknown(name, caller);
    return found;
  }

  /** The name that speaks for the node: its server's model, or its own without one. */
  async loaded(caller: Principal): Promise<string> {
    return (await this.#served("chat", caller))[0] ?? ownName;
  }

  async #served(role: "chat" | "embeddings", caller: Principal): Promise<string[]> {
    const { backends } = this.#options;
    await backends.introduced();
    const names =
      role === "chat"
        ? backends.of("chat").map(({ backend }) => backend.model)
        : embedders(backends).backends.map(({ embeddingModel = "" }) => embeddingModel);
    const known = names.filter((name) => name !== "");
    return [...new Set(known.map((name) => this.#shown(name, caller)))];
  }

  #shown(model: string, caller: Principal): string {
    return grantCovers(caller.grants, "admin") ? model : shownModel(model);
  }

  async #unknown(name: string, caller: Principal): Promise<ProblemError> {
    const all = await this.all(caller);
    const known = all.map(({ id }) => id).join(", ");
    const detail = problemWords.unknownModel(name, known)[this.#options.language];
    return new ProblemError(problem("unknown_model", { detail }));
  }
}
