import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type {
  Chat,
  EmbeddingContext,
  EngineModule,
  Grammar,
  HistoryItem,
  JsonGrammar,
  Llama,
  Model,
} from "./engine.ts";
import { grammarSchema } from "./grammar-schema.ts";
import { contextTokensDefault, contextTokensMin, schemaTriesMax } from "./limits.ts";
import { LoadError, loadFailure } from "./load-failure.ts";
import { overflow, RequestError } from "./request-error.ts";
import type { ChatRequest, Format } from "./requests.ts";
import { Slots } from "./slots.ts";

export interface ModelOptions {
  readonly file: string;
  readonly name: string;
  readonly threads: number;
  /** Answers that are made at the same time, each with a context of its own. */
  readonly slots: number;
  readonly contextTokens?: number | undefined;
  readonly gpu: "auto" | "off";
}

export interface ChatAnswer {
  readonly text: string;
  readonly reasoning: string;
  readonly finish: "stop" | "length";
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface Piece {
  readonly kind: "text" | "reasoning";
  readonly text: string;
}

const loggedLinesMax = 50;
/** llama.cpp's own server draws with these too. */
const sampling = { topK: 40, minP: 0.05 } as const;
/** Something is drawn anew when an answer missed its schema, also where the caller wanted the likeliest words. */
const retryTemperatureMin = 0.5;

/** One loaded file: answers, embeddings and token counts. */
export class EmbeddedModel {
  readonly name: string;
  readonly contextTokens: number;
  readonly slotCount: number;
  readonly gpu: string | false;
  readonly #llama: Llama;
  readonly #model: Model;
  readonly #slots: Slots<Chat>;
  readonly #threads: number;
  #embedding: Promise<Slots<EmbeddingContext>> | undefined;

  private constructor(parts: {
    readonly options: ModelOptions;
    readonly llama: Llama;
    readonly model: Model;
    readonly chats: readonly Chat[];
    readonly contextTokens: number;
  }) {
    this.name = parts.options.name;
    this.#threads = parts.options.threads;
    this.contextTokens = parts.contextTokens;
    this.slotCount = parts.chats.length;
    this.gpu = parts.llama.gpu;
    this.#llama = parts.llama;
    this.#model = parts.model;
    this.#slots = new Slots(parts.chats);
  }

  /** Loads a file. Rejects with `LoadError`, whose message says what is wrong with it. */
  static async load(
    engine: EngineModule,
    options: ModelOptions,
    onProgress: (share: number) => void = () => undefined,
  ): Promise<EmbeddedModel> {
    const logged: string[] = [];
    try {
      const llama = await startLlama(engine, options, logged);
      const model = await llama.loadModel({
        modelPath: options.file,
        gpuLayers: options.gpu === "auto" ? "auto" : 0,
        onLoadProgress: onProgress,
      });
      const { contextTokens: wanted, threads } = options;
      const max = Math.max(
        contextTokensMin,
        Math.min(model.trainContextSize, contextTokensDefault),
      );
      const chats: Chat[] = [];
      let contextTokens = Infinity;
      for (let made = 0; made < options.slots; made += 1) {
        const contextSize = wanted ?? { min: contextTokensMin, max };
        const context = await model.createContext({ contextSize, sequences: 1, threads });
        contextTokens = Math.min(contextTokens, context.contextSize);
        chats.push(new engine.LlamaChat({ contextSequence: context.getSequence() }));
      }
      return new EmbeddedModel({ options, llama, model, chats, contextTokens });
    } catch (error) {
      throw loadFailure(error, logged);
    }
  }

  /** Whether llama.cpp knows the file's architecture and vocabulary; its weights are not read. Rejects with `LoadError`. */
  static async check(engine: EngineModule, options: ModelOptions): Promise<void> {
    const logged: string[] = [];
    try {
      const llama = await startLlama(engine, options, logged);
      await llama.loadModel({ modelPath: options.file, gpuLayers: 0, vocabOnly: true });
    } catch (error) {
      throw loadFailure(error, logged);
    }
  }

  get trainedContextTokens(): number {
    return this.#model.trainContextSize;
  }

  get vectorLength(): number {
    return this.#model.embeddingVectorSize;
  }

  /** Bytes of the weights. */
  get bytes(): number {
    return this.#model.size;
  }

  tokenize(text: string): readonly number[] {
    return this.#model.tokenize(text, false);
  }

  /**
   * One answer. `onPiece` gets it as it comes, unless a schema is to be met: then it gets the whole, once it is known
   * to meet it. Rejects with `RequestError` for a prompt that does not fit and a schema that cannot be.
   */
  async chat(
    request: ChatRequest,
    { signal, onPiece }: { readonly signal: AbortSignal; readonly onPiece: (piece: Piece) => void },
  ): Promise<ChatAnswer> {
    const grammar = await this.#grammar(request.format);
    return await this.#slots.use(signal, async (chat) => {
      const promptTokens = this.#promptTokens(chat, request.history);
      if (grammar === undefined)
        return await this.#answer(chat, { request, promptTokens, signal, onPiece });
      for (let tries = 1; ; tries += 1) {
        const again = tries === 1 ? request : drawnAnew(request, tries);
        const answer = await this.#answer(chat, { request: again, promptTokens, signal, grammar });
        // An answer that was cut or called off cannot meet a schema, and says so by its end.
        if (answer.finish === "length" || signal.aborted || meets(answer.text, grammar)) {
          onPiece({ kind: "text", text: answer.text });
          return answer;
        }
        if (tries === schemaTriesMax)
          throw new RequestError(500, "the model did not keep to the schema", "schema_missed");
      }
    });
  }

  /** Vectors of texts, in order. Rejects with `RequestError` when one does not fit the window. */
  async embed(
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly vectors: readonly (readonly number[])[]; readonly tokens: number }> {
    this.#embedding ??= this.#openEmbedding();
    const slots = await this.#embedding;
    return await slots.use(signal, async (context) => {
      const vectors: (readonly number[])[] = [];
      let tokens = 0;
      for (const text of texts) {
        if (signal.aborted) break;
        const length = context.calculateInputLength(text);
        if (length > this.contextTokens) throw overflow(length, this.contextTokens);
        tokens += length;
        vectors.push((await context.getEmbeddingFor(text)).vector);
      }
      return { vectors, tokens };
    });
  }

  async #openEmbedding(): Promise<Slots<EmbeddingContext>> {
    const context = await this.#model.createEmbeddingContext({
      contextSize: { max: this.contextTokens },
      threads: this.#threads,
    });
    return new Slots([context]);
  }

  async #grammar(format: Format): Promise<Grammar | JsonGrammar | undefined> {
    if (format.kind === "text") return undefined;
    if (format.kind === "json") return await this.#llama.getGrammarFor("json");
    const schema = grammarSchema(format.schema);
    try {
      return await this.#llama.createGrammarForJsonSchema(schema);
    } catch {
      // Its message may repeat the schema, which is the caller's.
      throw new RequestError(400, "the schema of response_format cannot be turned into a grammar");
    }
  }

  #promptTokens(chat: Chat, history: readonly HistoryItem[]): number {
    const chatHistory = [...history, { type: "model", response: [] } as const];
    const { contextText } = chat.chatWrapper.generateContextState({ chatHistory });
    const { length } = contextText.tokenize(this.#model.tokenizer);
    if (length >= this.contextTokens - 1) throw overflow(length, this.contextTokens);
    return length;
  }

  async #answer(
    chat: Chat,
    wanted: {
      readonly request: ChatRequest;
      readonly promptTokens: number;
      readonly signal: AbortSignal;
      readonly grammar?: Grammar;
      readonly onPiece?: (piece: Piece) => void;
    },
  ): Promise<ChatAnswer> {
    const { request, promptTokens, signal, grammar, onPiece } = wanted;
    // The window is never shifted: what was said would be dropped without a word.
    const room = this.contextTokens - promptTokens - 1;
    let completionTokens = 0;
    let reasoning = "";
    const { response, metadata } = await chat.generateResponse(
      [...request.history, { type: "model", response: [] }],
      {
        signal,
        stopOnAbortSignal: true,
        maxTokens: Math.min(request.tokensMax ?? Infinity, room),
        temperature: request.temperature,
        topP: request.topP,
        ...sampling,
        // The engine's own seed is the second of the clock: two answers of one second would be the same.
        seed: request.seed ?? randomInt(2 ** 31),
        ...(grammar === undefined ? {} : { grammar }),
        ...(request.stops.length === 0 ? {} : { customStopTriggers: request.stops }),
        onResponseChunk: ({ type, text, tokens }) => {
          completionTokens += tokens.length;
          const kind = type === "segment" ? "reasoning" : "text";
          if (kind === "reasoning") reasoning += text;
          if (text !== "") onPiece?.({ kind, text });
        },
        contextShift: {
          size: 1,
          strategy: () => {
            throw overflow(promptTokens, this.contextTokens);
          },
        },
      },
    );
    const finish = metadata.stopReason === "maxTokens" ? "length" : "stop";
    // One turn of the loop lets a client's departure be seen between two short answers.
    await delay(0);
    return { text: response, reasoning, finish, promptTokens, completionTokens };
  }
}

async function startLlama(
  engine: EngineModule,
  options: ModelOptions,
  logged: string[],
): Promise<Llama> {
  try {
    return await engine.getLlama({
      gpu: options.gpu === "auto" ? "auto" : false,
      build: "never",
      skipDownload: true,
      maxThreads: options.threads,
      logLevel: "error",
      logger: (_level, message) => {
        if (logged.length < loggedLinesMax) logged.push(message);
      },
    });
  } catch (error) {
    throw new LoadError("llama.cpp has no binary that runs on this machine", { cause: error });
  }
}

function drawnAnew(request: ChatRequest, tries: number): ChatRequest {
  return {
    ...request,
    temperature: Math.max(request.temperature, retryTemperatureMin),
    seed: request.seed === undefined ? undefined : request.seed + tries,
  };
}

/** A grammar lets through numbers that JSON reads as endless or as nothing, so the text is read once more. */
function meets(text: string, grammar: Grammar | JsonGrammar): boolean {
  try {
    const value: unknown = "parse" in grammar ? grammar.parse(text) : JSON.parse(text);
    return isFinite(value);
  } catch {
    return false;
  }
}

function isFinite(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isFinite);
  return true;
}
