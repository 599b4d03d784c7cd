import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DoorWatch } from "./door-watch.ts";
import type { TelegramFailure } from "./trouble.ts";

const cut: TelegramFailure = { kind: "unknown", status: 0, retryAfterMs: 0, words: "ECONNRESET" };
const late: TelegramFailure = { ...cut, words: "ETIMEDOUT" };
const conflict: TelegramFailure = {
  kind: "refused",
  status: 409,
  retryAfterMs: 0,
  words: "Conflict: terminated by other getUpdates request",
};

type Step = readonly [atMs: number, what: TelegramFailure | "polled"];

describe("a door", () => {
  const cases: ReadonlyArray<
    readonly [name: string, steps: readonly Step[], atMs: number, closedSinceMs: number | undefined]
  > = [
    ["is closed before the first poll", [], 10, 0],
    ["opens with a poll", [[5, "polled"]], 10, undefined],
    [
      "closes with a failure",
      [
        [5, "polled"],
        [20, cut],
      ],
      30,
      20,
    ],
    [
      "stays closed since the first of several",
      [
        [5, "polled"],
        [20, cut],
        [25, late],
      ],
      30,
      20,
    ],
    [
      "was closed as long as an answer was waited for",
      [
        [5, "polled"],
        [20, late],
      ],
      30,
      5,
    ],
    [
      "opens again",
      [
        [5, "polled"],
        [20, cut],
        [25, "polled"],
      ],
      30,
      undefined,
    ],
    ["is open while a poll is waited for", [[5, "polled"]], 5 + 44_999, undefined],
    ["is closed when neither an answer nor a failure comes", [[5, "polled"]], 5 + 45_000, 5],
    [
      "stays closed while another program polls in between",
      [
        [5, "polled"],
        [20, conflict],
        [25, "polled"],
        [10_000, conflict],
        [29_999, "polled"],
      ],
      30_000,
      20,
    ],
    [
      "opens once no other program polls any more",
      [
        [5, "polled"],
        [20, conflict],
        [20_020, "polled"],
      ],
      20_021,
      undefined,
    ],
  ];
  for (const [name, steps, atMs, sinceMs] of cases)
    it(name, () => {
      const watch = new DoorWatch(0);
      for (const [nowMs, what] of steps)
        if (what === "polled") watch.polled(nowMs);
        else watch.failed(nowMs, what);
      assert.equal(watch.closed(atMs)?.sinceMs, sinceMs);
    });
});
