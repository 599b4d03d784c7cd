import { createServer, type Server } from "node:http";

import { embeddingDimensionsDefault, embeddingDimensionsMax } from "./embedding.ts";
import { isDimensions } from "./embeddings-route.ts";
import { EmulatorError } from "./emulator-error.ts";
import { serve } from "./emulator-routes.ts";
import { EmulatorState } from "./emulator-state.ts";
import { breakConnection } from "./exchange.ts";
import type { Endpoint, Fault } from "./fault.ts";
import { sendError } from "./http-answer.ts";
import { listen } from "./listen.ts";
import { defaultModels, type EmulatedModel, type Flavour } from "./model-list.ts";
import { personaProblem, type Persona } from "./persona.ts";
import {
  recordedRequestsMaxDefault,
  RequestJournal,
  type RecordedRequest,
} from "./request-journal.ts";
import { rulesMax, type Rule } from "./rule.ts";
import { type Transcribe, transcribeDefault } from "./sent-recording.ts";

// Longer than the idle time of usual client pools, so that a pooled connection is not closed just when it is used again.
const keepAliveMs = 65_000;

export interface OpenAiEmulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly host?: string;
  readonly models?: readonly EmulatedModel[];
  readonly rules?: readonly Rule[];
  readonly persona?: Persona | null;
  /** Before each token; an answer that is not streamed waits for all of them. */
  readonly tokenDelayMs?: number;
  readonly firstTokenDelayMs?: number;
  /** Without it every caller is let in. */
  readonly apiKey?: string;
  readonly seed?: number;
  readonly flavour?: Flavour;
  /** How many requests the journal keeps; 0 switches recording off, counting goes on. */
  readonly recordedRequestsMax?: number;
  readonly embeddingDimensions?: number;
  /** What recordings say; without it, their bytes as a text. */
  readonly transcribe?: Transcribe;
}

export interface OpenAiEmulator extends AsyncDisposable {
  /** The base address with /v1. */
  readonly url: string;
  readonly port: number;
  readonly models: readonly EmulatedModel[];
  readonly flavour: Flavour;
  readonly needsApiKey: boolean;
  readonly persona: Persona | null;
  /** The kept requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** All requests since the start or `clear()`, also those no longer kept. */
  readonly requestsSeen: number;
  readonly active: number;
  /** Requests whose client went away before the answer was complete. */
  readonly aborted: number;
  setRules(rules: readonly Rule[]): void;
  setPersona(persona: Persona | null): void;
  /** From now on; `times` limits how many calls it strikes. */
  setFault(fault: Fault | null, limit?: { readonly times?: number }): void;
  /** Forgets requests, counts and spent rules, and lifts the fault; rules and persona stay. */
  clear(): void;
  /** Resolves once so many requests have come, of one endpoint when named; throws `timed_out`. */
  waitForRequests(
    count: number,
    options: { readonly timeoutMs: number; readonly endpoint?: Endpoint },
  ): Promise<void>;
}

/**
 * Starts a scripted OpenAI-compatible server on a real socket. Throws EmulatorError `option_invalid`, `port_taken` or
 * `listen_failed`. Disposing it breaks open connections and frees the port.
 */
export async function startOpenAiEmulator(
  options: OpenAiEmulatorOptions = {},
): Promise<OpenAiEmulator> {
  const state = stateFrom(options);
  setRules(state, options.rules ?? []);
  setPersona(state, options.persona ?? null);
  const server = createServer((request, response) => {
    serve(state, request, response).catch((error: unknown) => {
      // A reply function of a test may throw; its words reach the test as a 500, and the server lives on.
      const message = `the emulator failed: ${error instanceof Error ? error.message : "unknown"}`;
      if (response.headersSent) breakConnection(response);
      else sendError(response, 500, { message });
    });
  });
  server.keepAliveTimeout = keepAliveMs;
  const host = options.host ?? "127.0.0.1";
  const port = await listen(server, host, options.port ?? 0);
  return emulatorOf(state, server, { host, port });
}

function emulatorOf(
  state: EmulatorState,
  server: Server,
  address: { readonly host: string; readonly port: number },
): OpenAiEmulator {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${address.port}/v1`,
    port: address.port,
    models: state.models,
    flavour: state.flavour,
    needsApiKey: state.apiKey !== null,
    get persona() {
      return state.persona;
    },
    get requests() {
      return state.journal.requests;
    },
    get requestsSeen() {
      return state.journal.seenTotal;
    },
    get active() {
      return state.active;
    },
    get aborted() {
      return state.aborted;
    },
    setRules: (rules) => setRules(state, rules),
    setPersona: (persona) => setPersona(state, persona),
    setFault: (fault, limit) => state.faults.set(fault, limit?.times),
    clear: () => state.clear(),
    waitForRequests: (count, { timeoutMs, endpoint }) =>
      state.journal.waitFor(count, timeoutMs, endpoint),
    [Symbol.asyncDispose]: () => close(server),
  };
}

function stateFrom(options: OpenAiEmulatorOptions): EmulatorState {
  const models = options.models ?? defaultModels;
  const embeddingDimensions = options.embeddingDimensions ?? embeddingDimensionsDefault;
  const recordedRequestsMax = options.recordedRequestsMax ?? recordedRequestsMaxDefault;
  const pacing = {
    firstTokenDelayMs: options.firstTokenDelayMs ?? 0,
    tokenDelayMs: options.tokenDelayMs ?? 0,
  };
  if (models.some((model) => model.id === "" || !isCount(model.contextTokens)))
    throw new EmulatorError("option_invalid", "a model needs an id and a positive contextTokens");
  if (!isDimensions(embeddingDimensions))
    throw new EmulatorError(
      "option_invalid",
      `embeddingDimensions must be from 1 to ${embeddingDimensionsMax}`,
    );
  if (!isCount(recordedRequestsMax) && recordedRequestsMax !== 0)
    throw new EmulatorError("option_invalid", "recordedRequestsMax must be 0 or more");
  if (!(pacing.firstTokenDelayMs >= 0 && pacing.tokenDelayMs >= 0))
    throw new EmulatorError("option_invalid", "a delay must be 0 ms or more");
  return new EmulatorState({
    models,
    flavour: options.flavour ?? "openai",
    apiKey: options.apiKey ?? null,
    seed: options.seed ?? 1,
    pacing,
    embeddingDimensions,
    transcribe: options.transcribe ?? transcribeDefault,
    journal: new RequestJournal(recordedRequestsMax),
  });
}

function setRules(state: EmulatorState, rules: readonly Rule[]): void {
  if (rules.length > rulesMax)
    throw new EmulatorError("option_invalid", `more than ${rulesMax} rules`);
  state.rules = [...rules];
  state.spentRules.clear();
}

function setPersona(state: EmulatorState, persona: Persona | null): void {
  const problem = persona === null ? null : personaProblem(persona);
  if (problem !== null) throw new EmulatorError("option_invalid", problem);
  state.persona = persona;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Closing a server that is closed already reports an error, and disposing twice is harmless.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
