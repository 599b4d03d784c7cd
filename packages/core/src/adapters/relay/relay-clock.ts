import { connect } from "node:net";
import type { Bilingual, Health } from "@adyton/protocol";
import type { Clock } from "@adyton/runtime/clock";
import { askTime, timeLineBytesMax } from "@adyton/runtime/signed-time";
import { Supervisor } from "@adyton/runtime/supervisor";

export interface RelayClockOptions {
  readonly host: string;
  readonly port: number;
  readonly key: { reveal(): string };
  readonly language: keyof Bilingual;
  readonly clock: Clock;
  /** The clock has begun to be wrong, or is right again. */
  readonly onChange: (isRight: boolean, skewMs: number) => void;
}

/** A clock that differs by more is told of: WireGuard refuses a clock that went back, certificates one that ran ahead. */
export const skewMsMax = 120_000;
const askEveryMs = 5 * 60_000;
/** After a question without an answer, and while a clock is wrong: that it is right again shows sooner. */
const askAgainMs = 30_000;
/** An answer that took longer says too little of the time. */
export const answerMsMax = 10_000;

/**
 * Compares this machine's clock with the relay's, at the start and every five minutes, and never sets it. What is judged is
 * the least that it can be wrong by: an answer may have been anywhere on its way.
 */
export class RelayClock implements AsyncDisposable {
  readonly #options: RelayClockOptions;
  readonly #supervisor: Supervisor;
  /** What the last answer showed; undefined before the first. */
  #skewMs: number | undefined;
  #wrongSinceMs: number | undefined;

  constructor(options: RelayClockOptions) {
    this.#options = options;
    // A question that cannot be asked is one without an answer; nothing else fails here.
    this.#supervisor = new Supervisor({ onFailure: () => undefined, clock: options.clock });
  }

  start(): void {
    this.#supervisor.loop("ask", async (signal) => {
      for (;;) {
        const isAnswered = await this.look(signal);
        const isRight = isAnswered && this.#wrongSinceMs === undefined;
        await this.#options.clock.sleep(isRight ? askEveryMs : askAgainMs, signal);
      }
    });
  }

  /** Asks once. Answers whether there was an answer. */
  async look(signal: AbortSignal): Promise<boolean> {
    const skewMs = await this.#skew(signal);
    if (skewMs !== undefined) this.#judge(skewMs);
    return skewMs !== undefined;
  }

  /** How the clock stands, as a part of the health report. */
  health(): Health["parts"][number] {
    const since = this.#wrongSinceMs;
    const words = this.#skewMs === undefined ? clockWords.silent : clockWords.skew(this.#skewMs);
    const detail = words[this.#options.language];
    if (since === undefined) return { name: "clock", status: "ok", detail };
    return { name: "clock", status: "degraded", detail, since: new Date(since).toISOString() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#supervisor[Symbol.asyncDispose]();
  }

  #judge(skewMs: number): void {
    const { clock, onChange } = this.#options;
    const wasRight = this.#wrongSinceMs === undefined;
    const isRight = Math.abs(skewMs) <= skewMsMax;
    this.#skewMs = skewMs;
    this.#wrongSinceMs = isRight ? undefined : (this.#wrongSinceMs ?? clock.nowMs());
    if (isRight !== wasRight) onChange(isRight, skewMs);
  }

  /** The least that this machine's clock is ahead by; `undefined` without an answer. */
  async #skew(signal: AbortSignal): Promise<number | undefined> {
    const { host, port, key, clock } = this.#options;
    const question = askTime(key);
    const socket = connect({ host, port, signal });
    const { promise, resolve } = Promise.withResolvers<string>();
    const timer = clock.setTimer(answerMsMax, () => resolve(""));
    let line = "";
    let askedMs = 0;
    socket.setEncoding("latin1");
    socket.on("connect", () => {
      askedMs = clock.monotonicMs();
      socket.write(question.line);
    });
    socket.on("data", (chunk: string) => {
      line += chunk;
      if (line.endsWith("\n") || line.length > timeLineBytesMax) resolve(line);
    });
    // Why it fails does not matter: there is no answer.
    socket.on("error", () => resolve(""));
    socket.on("close", () => resolve(line));
    const answer = await promise;
    timer[Symbol.dispose]();
    socket.destroy();
    const tookMs = clock.monotonicMs() - askedMs;
    const atMs = question.read(answer);
    if (atMs === undefined || tookMs > answerMsMax) return undefined;
    return leastSkewMs(clock.nowMs() - atMs, tookMs);
  }
}

/** The relay's time was read between 0 and `tookMs` ago. */
function leastSkewMs(differenceMs: number, tookMs: number): number {
  const [least, most] = [differenceMs - tookMs, differenceMs];
  if (least > 0) return least;
  return Math.min(most, 0);
}

const clockWords = {
  silent: {
    en: "The relay has not told the time yet.",
    ru: "Ретранслятор ещё не сообщил время.",
  },
  skew: (skewMs: number): Bilingual => {
    const seconds = Math.round(Math.abs(skewMs) / 1_000);
    if (seconds === 0)
      return {
        en: "This machine's clock agrees with the relay's.",
        ru: "Часы этой машины совпадают с часами ретранслятора.",
      };
    return {
      en: `This machine's clock is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the relay's.`,
      ru: `Часы этой машины ${skewMs > 0 ? "спешат" : "отстают"} на ${seconds} с относительно часов ретранслятора.`,
    };
  },
} as const;
