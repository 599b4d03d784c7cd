import { systemClock, type Clock } from "@adyton/runtime/clock";
import type { BackendHealth, BackendStatus } from "../../ports/backend.ts";
import type { Timeouts } from "./limits.ts";

export interface HealthWatchOptions {
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  /** Looks at the server; `undefined` when all is well, else what is wrong, for the owner. Never rejects. */
  readonly probe: (signal: AbortSignal) => Promise<string | undefined>;
}

/**
 * Whether a server works, learned from its traffic first and from checks only when there is none.
 *
 *     unknown ──success──► ok ◄──success or a good check──► degraded
 *                           └────────a failed try─────────────┘
 *
 * A degraded server is checked after 1 s, 2 s, 4 s … 15 s until it is well again; a healthy one every 30 s, every 10 s
 * while somebody used it in the last minutes, and not at all while traffic succeeds. The timers keep no process alive.
 */
export class HealthWatch implements AsyncDisposable {
  readonly #options: HealthWatchOptions;
  readonly #listeners = new Set<(health: BackendHealth) => void>();
  readonly #stop = new AbortController();
  #health: BackendHealth;
  #successMs = Number.NEGATIVE_INFINITY;
  #usedMs = Number.NEGATIVE_INFINITY;
  #healMs: number;
  #timer: Disposable | undefined;
  #probe: Promise<void> | undefined;
  #isStarted = false;

  constructor(options: HealthWatchOptions, detail: string) {
    this.#options = options;
    this.#healMs = options.timeouts.healFirstMs;
    this.#health = { status: "unknown", detail, sinceMs: options.clock.nowMs() };
  }

  get health(): BackendHealth {
    return this.#health;
  }

  onChange(listener: (health: BackendHealth) => void): void {
    this.#listeners.add(listener);
  }

  /** Begins the checks of an idle server. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#schedule();
  }

  /** Looks at the server now, unless it works or is being looked at. Never rejects. */
  look(): Promise<void> {
    this.#probe ??= this.#look().finally(() => {
      this.#probe = undefined;
    });
    return this.#probe;
  }

  /** Somebody asks the server something: whoever did may ask again soon, so it is checked more often for a while. */
  used(): void {
    const wasInUse = this.#isInUse;
    this.#usedMs = this.#options.clock.monotonicMs();
    if (this.#isStarted && !wasInUse && this.#health.status !== "degraded") this.#schedule();
  }

  succeeded(detail: string): void {
    this.#successMs = this.#options.clock.monotonicMs();
    if (this.#health.status !== "ok") this.#become("ok", detail);
  }

  failed(detail: string): void {
    if (this.#health.status !== "degraded") this.#become("degraded", detail);
    else this.#health = { ...this.#health, detail };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#timer?.[Symbol.dispose]();
    this.#listeners.clear();
    await this.#probe;
  }

  #become(status: BackendStatus, detail: string): void {
    if (this.#stop.signal.aborted) return;
    this.#health = { status, detail, sinceMs: this.#options.clock.nowMs() };
    this.#healMs = this.#options.timeouts.healFirstMs;
    this.#isStarted = true;
    this.#schedule();
    for (const listener of this.#listeners) listener(this.#health);
  }

  get #isInUse(): boolean {
    const { clock, timeouts } = this.#options;
    return clock.monotonicMs() - this.#usedMs < timeouts.inUseMs;
  }

  /** Between two checks of a server that is not degraded. */
  get #quietMsMax(): number {
    const { inUseProbeMs, idleProbeMs } = this.#options.timeouts;
    return this.#isInUse ? inUseProbeMs : idleProbeMs;
  }

  #schedule(): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#stop.signal.aborted) return;
    const { clock, timeouts } = this.#options;
    const isDegraded = this.#health.status === "degraded";
    const waitMs = isDegraded ? this.#healMs : this.#quietMsMax;
    if (isDegraded) this.#healMs = Math.min(timeouts.healMsMax, this.#healMs * 2);
    this.#timer = setIdleTimer(clock, waitMs, () => void this.look());
  }

  async #look(): Promise<void> {
    const { clock, probe } = this.#options;
    const quietMs = clock.monotonicMs() - this.#successMs;
    const isNeeded = this.#health.status !== "ok" || quietMs >= this.#quietMsMax;
    if (isNeeded) {
      const trouble = await probe(this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      if (trouble === undefined) this.succeeded("works");
      else this.failed(trouble);
    }
    this.#schedule();
  }
}

/** A timer that does not keep the process alive; on a test's clock, that clock's own. */
function setIdleTimer(clock: Clock, ms: number, fire: () => void): Disposable {
  if (clock !== systemClock) return clock.setTimer(ms, fire);
  const timer = setTimeout(fire, ms).unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
