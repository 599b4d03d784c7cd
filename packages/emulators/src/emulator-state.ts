import { FaultSwitch, type Endpoint } from "./fault.ts";
import type { EmulatedModel, Flavour } from "./model-list.ts";
import type { Pacing } from "./pacing.ts";
import type { Persona } from "./persona.ts";
import type { RequestJournal } from "./request-journal.ts";
import type { Rule } from "./rule.ts";
import type { Transcribe } from "./sent-recording.ts";

/** What a running emulator knows; the server's routes read it and its owner changes it live. */
export class EmulatorState {
  readonly models: readonly EmulatedModel[];
  readonly flavour: Flavour;
  readonly apiKey: string | null;
  readonly seed: number;
  readonly pacing: Pacing;
  readonly embeddingDimensions: number;
  readonly transcribe: Transcribe;
  readonly journal: RequestJournal;
  readonly faults = new FaultSwitch();
  rules: readonly Rule[] = [];
  persona: Persona | null = null;
  active = 0;
  aborted = 0;
  serial = 0;
  readonly spentRules = new Map<Rule, number>();
  readonly #calls = new Map<Endpoint, number>();

  constructor(settings: {
    readonly models: readonly EmulatedModel[];
    readonly flavour: Flavour;
    readonly apiKey: string | null;
    readonly seed: number;
    readonly pacing: Pacing;
    readonly embeddingDimensions: number;
    readonly transcribe: Transcribe;
    readonly journal: RequestJournal;
  }) {
    this.models = settings.models;
    this.flavour = settings.flavour;
    this.apiKey = settings.apiKey;
    this.seed = settings.seed;
    this.pacing = settings.pacing;
    this.embeddingDimensions = settings.embeddingDimensions;
    this.transcribe = settings.transcribe;
    this.journal = settings.journal;
  }

  /** The index of the next call of an endpoint; chat and responses share one count. */
  nextCall(endpoint: Endpoint): number {
    const counted = endpoint === "responses" ? "chat" : endpoint;
    const index = this.#calls.get(counted) ?? 0;
    this.#calls.set(counted, index + 1);
    return index;
  }

  /** Forgets requests, call counts and spent rules, and lifts the fault; rules and persona stay. */
  clear(): void {
    this.journal.clear();
    this.#calls.clear();
    this.spentRules.clear();
    this.faults.set(null);
    this.aborted = 0;
  }
}
