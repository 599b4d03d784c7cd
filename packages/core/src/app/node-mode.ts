import type { Tier } from "@adyton/protocol";
import type { ModeSpec } from "../domain/modes/mode-spec.ts";
import { mayUse, modeHolds, type Modes } from "../domain/modes/registry.ts";
import type { NodeModeState, StatePort } from "../ports/journal.ts";
import type { BackendPool } from "./backend-pool.ts";

interface NodeModeOptions {
  readonly state: Pick<StatePort, "nodeMode">;
  readonly modes: Modes;
  readonly backends: Pick<BackendPool, "slots">;
  readonly now: () => number;
}

/** The mode that the owner switched the whole node to. */
export interface NodeModeActive {
  readonly mode: ModeSpec;
  readonly previous: string | null;
  readonly untilMs: number;
  readonly changedBy: string;
}

/**
 * The mode of the whole node. It stands where a conversation has none of its own, and ends by its time alone: a node has
 * no turns of its own to count. What was read is held, because each turn asks for it.
 */
export class NodeMode {
  readonly #options: NodeModeOptions;
  #stored: NodeModeState | undefined;
  #isRead = false;

  constructor(options: NodeModeOptions) {
    this.#options = options;
  }

  /** As far as it holds, and a caller of this tier may use it. */
  active(tier: Tier): NodeModeActive | undefined {
    const stored = this.#read();
    const name = stored?.mode ?? null;
    if (stored === undefined || name === null || stored.until_time === null) return undefined;
    const { until_time: untilMs, previous, changed_by: changedBy } = stored;
    const lifetime = { mode: name, turns: 0, modeUntilTurn: null, modeUntilMs: untilMs };
    const mode = this.#options.modes.find(name);
    if (mode === undefined || !mayUse(mode, tier)) return undefined;
    if (!modeHolds(lifetime, this.#options.now())) return undefined;
    return { mode, previous, untilMs, changedBy };
  }

  /** The mode that the node has by itself. */
  get standing(): ModeSpec {
    const { backends, modes } = this.#options;
    const id = backends.slots === 0 ? "EXTRACTIVE" : "DIRECT";
    const mode = modes.find(id);
    if (mode === undefined) throw new Error(`the registry lacks ${id}`);
    return mode;
  }

  /** The mode of a tier's conversations that have none of their own. */
  defaultFor(tier: Tier): ModeSpec {
    return this.active(tier)?.mode ?? this.standing;
  }

  /** A record that changes it was written, or may have been. */
  changed(): void {
    this.#isRead = false;
  }

  #read(): NodeModeState | undefined {
    if (!this.#isRead) {
      this.#stored = this.#options.state.nodeMode();
      this.#isRead = true;
    }
    return this.#stored;
  }
}
