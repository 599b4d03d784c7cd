import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "./clock.ts";
import { Supervisor, type Failure, SupervisorError, type SupervisorOptions } from "./supervisor.ts";

function supervise(options: Partial<SupervisorOptions> = {}) {
  const clock = new ManualClock();
  const failures: Failure[] = [];
  const onFailure = (failure: Failure): void => void failures.push(failure);
  const supervisor = new Supervisor({ clock, random: () => 0.5, onFailure, ...options });
  return { clock, failures, supervisor };
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

describe("a task", () => {
  it("runs once and frees its name; a failure is reported", async () => {
    const { clock, failures, supervisor } = supervise();
    const error = new Error("no");
    supervisor.task("good", () => Promise.resolve());
    supervisor.task("bad", () => Promise.reject(error));
    assert.deepEqual(supervisor.names, ["good", "bad"]);
    await clock.advance(0);
    assert.deepEqual(supervisor.names, []);
    assert.deepEqual(failures, [{ name: "bad", error, failures: 1, restartMs: undefined }]);
  });

  it("reports also what throws before its first promise", async () => {
    const { clock, failures, supervisor } = supervise();
    supervisor.task("sync", () => {
      throw new Error("at once");
    });
    await clock.advance(0);
    assert.equal(failures.length, 1);
  });
});

describe("a loop", () => {
  it("starts again with a growing delay, and the row ends with a healthy run", async () => {
    const { clock, failures, supervisor } = supervise();
    let runs = 0;
    const work = async (signal: AbortSignal): Promise<void> => {
      runs += 1;
      if (runs === 4) await clock.sleep(60_000, signal);
      throw new Error("down");
    };
    supervisor.loop("door", work, { backoff: { baseMs: 100, capMs: 300 } });
    await clock.advance(0);
    await clock.advance(50);
    await clock.advance(100);
    await clock.advance(150);
    assert.equal(runs, 4);
    await clock.advance(60_000);
    assert.deepEqual(
      failures.map(({ failures: row, restartMs }) => [row, restartMs]),
      [
        [1, 50],
        [2, 100],
        [3, 150],
        [1, 50],
      ],
    );
    assert.deepEqual(await supervisor.stop(), { kind: "stopped" });
  });

  it("is given up at the limit of failures, and a return is a failure", async () => {
    const { clock, failures, supervisor } = supervise();
    supervisor.loop("short", () => Promise.resolve(), { failuresMax: 2 });
    await clock.advance(60_000);
    assert.deepEqual(
      failures.map(({ restartMs }) => restartMs),
      [50, undefined],
    );
    const error = failures[0]?.error;
    assert.equal(error instanceof SupervisorError && error.code, "returned");
    assert.deepEqual(supervisor.names, []);
  });

  it("survives a reporter that throws", async () => {
    let reports = 0;
    const { clock, supervisor } = supervise({
      onFailure: () => {
        reports += 1;
        throw new Error("reporter");
      },
    });
    supervisor.loop("door", () => Promise.reject(new Error("down")), { failuresMax: 3 });
    await clock.advance(60_000);
    assert.equal(reports, 3);
  });
});

describe("stopping", () => {
  it("aborts what runs and what waits, and reports nothing", async () => {
    const { clock, failures, supervisor } = supervise();
    supervisor.loop("runs", untilAborted);
    supervisor.task("throws on abort", async (signal) => {
      await untilAborted(signal);
      signal.throwIfAborted();
    });
    supervisor.loop("waits", () => Promise.reject(new Error("down")));
    await clock.advance(1);
    assert.equal(failures.length, 1);
    assert.deepEqual(await supervisor.stop(), { kind: "stopped" });
    assert.equal(failures.length, 1);
    assert.equal(clock.timersPending, 0);
  });

  it("ends at the deadline and names what does not stop", async () => {
    const { clock, failures, supervisor } = supervise({ stopMs: 1_000 });
    supervisor.task("deaf", () => new Promise(() => undefined));
    await clock.advance(0);
    const stopped = supervisor.stop();
    await clock.advance(999);
    assert.equal(await Promise.race([stopped, Promise.resolve("waits")]), "waits");
    await clock.advance(1);
    assert.deepEqual(await stopped, { kind: "timed_out", running: ["deaf"] });
    const disposed = supervisor[Symbol.asyncDispose]();
    await clock.advance(1_000);
    await disposed;
    assert.equal(failures[0]?.name, "deaf");
  });

  it("refuses a taken name, one over the limit, and a start after the stop", async () => {
    const { supervisor } = supervise({ namesMax: 2 });
    const codeOf = (name: string): string => {
      try {
        supervisor.task(name, untilAborted);
        return "held";
      } catch (error) {
        return (error as SupervisorError).code;
      }
    };
    assert.deepEqual(["a", "a", "b", "c"].map(codeOf), ["held", "name_taken", "held", "too_many"]);
    await supervisor.stop();
    assert.equal(codeOf("d"), "stopped");
  });
});
