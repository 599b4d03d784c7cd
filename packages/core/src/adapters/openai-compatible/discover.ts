import { type Clock, systemClock } from "@adyton/runtime/clock";
import { parseAddress } from "./address.ts";
import { inspectServer } from "./inspect-server.ts";
import type { ServedModel, Software } from "./server-description.ts";
import { WireClient } from "./wire-client.ts";
import { withinMs } from "./within.ts";

export interface Candidate {
  readonly url: string;
  /** The program that usually listens there. */
  readonly usually: string;
}

export type FoundBackend =
  | {
      readonly kind: "model_server";
      readonly url: string;
      readonly software: Software;
      readonly models: readonly ServedModel[];
    }
  | {
      /** Something listens that cannot be used: another program, or a server that wants a key. */
      readonly kind: "something_else";
      readonly url: string;
      readonly usually: string;
      readonly detail: string;
    };

/** Milliseconds a search takes at most, however many candidates there are. */
export const discoveryMsMax = 400;
/** Milliseconds of it for one candidate. */
const probeMsMaxDefault = 350;
export const candidatesMax = 64;

const wellKnownPorts: ReadonlyArray<[port: number, usually: string]> = [
  [11434, "Ollama"],
  [8080, "llama.cpp"],
  [8000, "vLLM"],
  [5000, "text-generation-webui"],
  [1234, "LM Studio"],
];

/** Where model servers listen by default, on this machine only. */
export const wellKnownCandidates: readonly Candidate[] = wellKnownPorts.flatMap(([port, usually]) =>
  ["127.0.0.1", "[::1]"].map((host) => ({ url: `http://${host}:${port}`, usually })),
);

export interface DiscoveryOptions {
  /** Asked instead of the well-known ports; at most `candidatesMax` of them. */
  readonly candidates?: readonly Candidate[];
  readonly signal?: AbortSignal;
  readonly perProbeMsMax?: number;
  readonly clock?: Clock;
}

/**
 * Looks for model servers, all candidates at once and within `discoveryMsMax`. Where nothing listens, nothing is
 * reported; a server that answers on both loopback addresses is reported once. Redirects are not followed.
 */
export async function discoverBackends(
  options: DiscoveryOptions = {},
): Promise<readonly FoundBackend[]> {
  const candidates = (options.candidates ?? wellKnownCandidates).slice(0, candidatesMax);
  const how = {
    msMax: Math.min(options.perProbeMsMax ?? probeMsMaxDefault, discoveryMsMax),
    signal: options.signal ?? new AbortController().signal,
    clock: options.clock ?? systemClock,
  };
  const found = await Promise.all(candidates.map((candidate) => ask(candidate, how)));
  const byPort = new Map<string, FoundBackend>();
  for (const backend of found) {
    if (backend === undefined) continue;
    const place = backend.url.replace("[::1]", "127.0.0.1");
    const isBetter =
      byPort.get(place)?.kind === "something_else" && backend.kind === "model_server";
    if (isBetter || !byPort.has(place)) byPort.set(place, backend);
  }
  return [...byPort.values()];
}

async function ask(
  { url, usually }: Candidate,
  { msMax, signal, clock }: { msMax: number; signal: AbortSignal; clock: Clock },
): Promise<FoundBackend | undefined> {
  const address = parseAddress(url);
  using client = new WireClient({ address, connectMsMax: msMax, clock });
  const inspection = await withinMs(clock, msMax, signal, (until) => inspectServer(client, until));
  if (inspection.kind === "absent") return undefined;
  if (inspection.kind === "model_server")
    return { kind: "model_server", url: address.text, ...inspection.server };
  return { kind: "something_else", url: address.text, usually, detail: inspection.detail };
}
