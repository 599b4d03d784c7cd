// What the client and its worker say to each other. Both ends are this code, so the messages are typed, not parsed.
import type {
  ChunkVector,
  DocumentInput,
  IndexCensus,
  SearchError,
  SearchQuery,
  SearchResult,
  SearchStats,
  UnembeddedChunk,
} from "../../domain/search/search-contract.ts";

export interface SearchCalls {
  readonly add: { readonly input: readonly DocumentInput[]; readonly output: undefined };
  readonly remove: { readonly input: readonly string[]; readonly output: undefined };
  readonly search: { readonly input: SearchQuery; readonly output: SearchResult };
  readonly unembedded: {
    readonly input: { readonly model: string; readonly limit: number };
    readonly output: readonly UnembeddedChunk[];
  };
  readonly putVectors: {
    readonly input: { readonly model: string; readonly vectors: readonly ChunkVector[] };
    readonly output: undefined;
  };
  readonly stats: { readonly input: undefined; readonly output: SearchStats };
  readonly compact: { readonly input: undefined; readonly output: undefined };
  readonly census: { readonly input: undefined; readonly output: IndexCensus };
  readonly close: { readonly input: undefined; readonly output: undefined };
}
export type SearchCallName = keyof SearchCalls;

export type SearchRequest = {
  [K in SearchCallName]: {
    readonly id: number;
    readonly call: K;
    readonly input: SearchCalls[K]["input"];
  };
}[SearchCallName];

export type SearchReply =
  | {
      readonly id: number;
      readonly kind: "done";
      readonly output: SearchCalls[SearchCallName]["output"];
    }
  | {
      readonly id: number;
      readonly kind: "failed";
      readonly code: SearchError["code"];
      readonly message: string;
    };
