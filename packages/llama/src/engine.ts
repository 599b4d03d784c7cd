/**
 * The part of node-llama-cpp that is used, written down by hand: the package is optional, so neither the type checker
 * nor the linter may need it. Names and meanings are those of its version in package.json.
 */

export type LogLevel = "fatal" | "error" | "warn" | "info" | "log" | "debug" | "disabled";

export interface EngineModule {
  getLlama(options: {
    readonly gpu: "auto" | false;
    readonly build: "never";
    readonly skipDownload: true;
    readonly maxThreads: number;
    readonly logLevel: LogLevel;
    readonly logger: (level: LogLevel, message: string) => void;
  }): Promise<Llama>;
  readonly LlamaChat: new (options: { readonly contextSequence: Sequence }) => Chat;
}

export interface Llama {
  readonly gpu: string | false;
  loadModel(options: {
    readonly modelPath: string;
    readonly gpuLayers: "auto" | 0;
    readonly vocabOnly?: boolean;
    readonly onLoadProgress?: (progress: number) => void;
  }): Promise<Model>;
  createGrammarForJsonSchema(schema: unknown): Promise<JsonGrammar>;
  getGrammarFor(kind: "json"): Promise<Grammar>;
  dispose(): Promise<void>;
}

export type Token = number;

export interface Model {
  readonly trainContextSize: number;
  readonly embeddingVectorSize: number;
  /** Bytes of the tensors. */
  readonly size: number;
  readonly tokenizer: unknown;
  tokenize(text: string, specialTokens?: boolean): Token[];
  createContext(options: {
    readonly contextSize: number | { readonly min: number; readonly max: number };
    readonly sequences: 1;
    readonly threads: number;
  }): Promise<Context>;
  createEmbeddingContext(options: {
    readonly contextSize: { readonly max: number };
    readonly threads: number;
  }): Promise<EmbeddingContext>;
  dispose(): Promise<void>;
}

export interface Context {
  readonly contextSize: number;
  getSequence(): Sequence;
}

export interface Sequence {
  readonly contextSize: number;
}

export interface EmbeddingContext {
  getEmbeddingFor(input: string): Promise<{ readonly vector: readonly number[] }>;
  calculateInputLength(input: string): number;
}

export interface Grammar {
  readonly grammar: string;
}

export interface JsonGrammar extends Grammar {
  /** Throws when the text is not what the schema describes. */
  parse(json: string): unknown;
}

export type HistoryItem =
  | { readonly type: "system" | "user"; readonly text: string }
  | { readonly type: "model"; readonly response: readonly string[] };

export interface ResponseChunk {
  /** `segment` is what the model thinks before it speaks. */
  readonly type: "segment" | undefined;
  readonly text: string;
  readonly tokens: readonly Token[];
}

export interface Chat {
  readonly chatWrapper: {
    readonly wrapperName: string;
    generateContextState(options: { readonly chatHistory: readonly HistoryItem[] }): {
      readonly contextText: { tokenize(tokenizer: unknown): readonly Token[] };
    };
  };
  generateResponse(
    history: readonly HistoryItem[],
    options: {
      readonly signal: AbortSignal;
      readonly stopOnAbortSignal: true;
      readonly maxTokens: number;
      readonly temperature: number;
      readonly topK: number;
      readonly topP: number;
      readonly minP: number;
      readonly seed: number;
      readonly grammar?: Grammar;
      readonly customStopTriggers?: readonly string[];
      readonly onResponseChunk: (chunk: ResponseChunk) => void;
      readonly contextShift: { readonly size: number; readonly strategy: () => never };
    },
  ): Promise<{
    readonly response: string;
    readonly metadata: { readonly stopReason: string };
  }>;
}

/** Computed, so that nothing looks for the package where it is not installed. */
const packageName: string = "node-llama-cpp";

/** Loads the engine. Rejects where the optional package is not installed, or is another one. */
export async function loadEngine(): Promise<EngineModule> {
  const loaded: unknown = await import(packageName);
  if (!isEngine(loaded)) throw new Error("the package is not the one that is pinned");
  return loaded;
}

/** The shapes above are those of the pinned version; only that it is this package is looked at. */
function isEngine(loaded: unknown): loaded is EngineModule {
  return (
    typeof loaded === "object" && loaded !== null && "getLlama" in loaded && "LlamaChat" in loaded
  );
}
