import type { Bilingual } from "@adyton/protocol";
import { shownModel } from "../../domain/model/shown-model.ts";
import type { ChatFailure } from "../../ports/backend.ts";
import { failureWords } from "./failure-words.ts";
import { modelsNamedMax } from "./limits.ts";
import type { WireFault } from "./wire-client.ts";

/**
 * Why one try came to nothing, and what follows from it. A server's own words are read, never kept: its error may
 * repeat a prompt, and health, log and the node's records are seen by others than whoever wrote that.
 */
export interface TryFailure {
  readonly reason: ChatFailure;
  /** For the user. */
  readonly detail: Bilingual;
  /** `at_once`: a kept connection had died, which is nobody's failure and is not counted. */
  readonly retry: "no" | "later" | "at_once";
  /** The server's own wish, from Retry-After. */
  readonly afterMs?: number | undefined;
  /** The server does not know the model, or not the route. */
  readonly isMissing?: boolean;
  /** What it says about the server: `works` when it answered sensibly though not as wished. */
  readonly health: "works" | "failed" | "says_nothing";
}

/** What an error's body says, in the shapes servers use: OpenAI's, Ollama's, vLLM's former one and FastAPI's. */
export interface ServerError {
  readonly message: string;
  /** HTTP-like number or name. */
  readonly code: string;
}

const overflowTexts: readonly RegExp[] = [
  // OpenAI, vLLM, SGLang: "This model's maximum context length is 4096 tokens …"
  /maximum context length|maximum model length|context_length_exceeded/,
  // llama.cpp: type exceed_context_size_error, "… exceeds the available context size"
  /exceed_context_size|exceeds? the available context/,
  // Ollama: "the input length exceeds the context length", "prompt too long; exceeded max context length"
  /exceed(s|ed)? (the |maximum |max |the maximum )*context (length|window|size)/,
  // vLLM and SGLang: "… is longer than the model's context length", "the model's context length is only …"
  /model'?s? (maximum )?context (length|window)/,
  // LM Studio: "Trying to keep the first 6547 tokens when context the overflows …", "… greater than the context length"
  /context (the )?overflows|greater than the context length|context length of only/,
  // llama.cpp, of a text to embed: "input (9000 tokens) is too large to process. increase the physical batch size …"
  /too large to process\. increase the physical batch size/,
  // text-generation-webui, TabbyAPI, llama-cpp-python
  /too long for the available context|greater than max_seq_len|tokens( \(\d+\))? exceed context window/,
];

export function readServerError(body: unknown): ServerError | undefined {
  if (!isRecord(body)) return undefined;
  const { error, message, detail } = body;
  if (typeof error === "string") return { message: error, code: "" };
  if (isRecord(error))
    return {
      message: textOf(error["message"]),
      code: [error["code"], error["type"]].map(textOf).filter(Boolean).join(" "),
    };
  if (body["object"] === "error") return { message: textOf(message), code: textOf(body["code"]) };
  if (detail !== undefined)
    return { message: typeof detail === "string" ? detail : JSON.stringify(detail), code: "" };
  return undefined;
}

function isOverflow({ message, code }: ServerError): boolean {
  const said = `${code} ${message}`.toLowerCase();
  return overflowTexts.some((pattern) => pattern.test(said));
}

function isAboutImages({ message, code }: ServerError): boolean {
  return /\b(images?|image_url|multi-?modal|vision|mmproj)\b/i.test(`${code} ${message}`);
}

function isUnknownModel({ message, code }: ServerError): boolean {
  return (
    code.includes("model_not_found") ||
    /\bmodel\b.{0,200}\b(not found|does not exist)\b/i.test(message)
  );
}

export interface StatusContext {
  readonly status: number;
  readonly error: ServerError | undefined;
  readonly afterMs?: number | undefined;
  /** Whether the request held pictures. */
  readonly hasImages?: boolean;
}

/** What a status that is not a success, or an error inside a stream, means. */
export function statusFailure({ status, error, afterMs, hasImages }: StatusContext): TryFailure {
  if (error !== undefined && (status < 500 || status === 500) && isOverflow(error))
    return {
      reason: "overflow",
      detail: failureWords.overflow,
      retry: "no",
      health: "works",
    };
  // llama.cpp and Ollama say it with 500, vLLM with 400: no further try helps.
  if (hasImages === true && error !== undefined && isAboutImages(error))
    return { reason: "refused", detail: failureWords.noImages, retry: "no", health: "works" };
  if (status === 429 || status >= 500) return laterFailure(status, afterMs);
  const isMissing = status === 404 || (error !== undefined && isUnknownModel(error));
  const isConfiguration = isMissing || [301, 302, 303, 307, 308, 401, 403].includes(status);
  return {
    reason: "refused",
    detail: refusalSentence(isMissing ? 404 : status),
    retry: "no",
    isMissing,
    health: isConfiguration ? "failed" : "works",
  };
}

function laterFailure(status: number, afterMs: number | undefined): TryFailure {
  const detail =
    status === 429
      ? failureWords.busy
      : status === 503
        ? failureWords.loading
        : failureWords.failed(status);
  return {
    reason: "unavailable",
    detail,
    retry: [429, 500, 502, 503, 504].includes(status) ? "later" : "no",
    afterMs,
    health: status === 429 ? "says_nothing" : "failed",
  };
}

function refusalSentence(status: number): Bilingual {
  if (status === 401 || status === 403) return failureWords.keyRefused(status);
  if (status === 404) return failureWords.unknownRoute;
  if (status >= 300 && status < 400) return failureWords.redirect(status);
  return failureWords.refused(status);
}

/** The sentence for a model the server does not have, with those it has. */
export function unknownModelSentence(model: string, existing: readonly string[]): Bilingual {
  const shown = existing.slice(0, modelsNamedMax).map(shownModel).join(", ");
  return failureWords.unknownModel(shownModel(model), shown, existing.length - modelsNamedMax);
}

const connectionLost = { reason: "unavailable", retry: "later", health: "failed" } as const;
const faultFailures: Readonly<Record<WireFault, TryFailure>> = {
  unreachable: {
    ...connectionLost,
    detail: failureWords.unreachable,
  },
  stale: {
    ...connectionLost,
    retry: "at_once",
    health: "says_nothing",
    detail: failureWords.reset,
  },
  reset: { ...connectionLost, detail: failureWords.reset },
  closed: { ...connectionLost, detail: failureWords.reset },
  not_http: {
    ...connectionLost,
    reason: "invalid",
    retry: "no",
    detail: failureWords.notHttp,
  },
  tls: {
    ...connectionLost,
    retry: "no",
    detail: failureWords.tls,
  },
};

/** What a broken connection means. `closed` is this side's own doing and is judged by whoever closed it. */
export function faultFailure(fault: WireFault): TryFailure {
  return faultFailures[fault];
}

/** An answer that is not the protocol. */
export function invalidAnswer(what: Bilingual): TryFailure {
  return { reason: "invalid", detail: what, retry: "no", health: "failed" };
}

/** Tells a web page from other text that is no answer. */
export function notAnAnswer(text: string): TryFailure {
  return /^\s*</.test(text)
    ? invalidAnswer(failureWords.webPage)
    : invalidAnswer(failureWords.unreadable);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
