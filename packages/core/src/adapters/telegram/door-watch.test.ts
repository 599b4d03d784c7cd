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

const taken: TelegramFailure = { ...cut, words: "RELAY_REPLACED" };

const wait: TelegramFailure = {
  kind: "limited",
  status: 429,
  retryAfterMs: 3_600_000,
  words: "Too Many Requests: retry after 3600",
};

/** What happened when; a failure with a chat is that of a send there. */
type Step = readonly [atMs: number, what: TelegramFailure | "polled" | "sent", chat?: string];

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
      "was closed as long as the link to the relay was cut",
      [
        [5, "polled"],
        [20_020, { ...cut, words: "RELAY_LOST" }],
      ],
      20_030,
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
    [
      "stays closed while two nodes take the relay from each other",
      [
        [5, "polled"],
        [20, taken],
        [30_020, "polled"],
        [60_020, taken],
        [105_019, "polled"],
      ],
      105_019,
      20,
    ],
    [
      "opens once no other node takes the relay any more",
      [
        [5, "polled"],
        [20, taken],
        [45_020, "polled"],
      ],
      45_021,
      undefined,
    ],
    [
      "is open while sends fail for a moment",
      [
        [5, "polled"],
        [20, late, "1"],
      ],
      15_019,
      undefined,
    ],
    [
      "is closed when sends fail for long",
      [
        [5, "polled"],
        [20, late, "1"],
        [9_000, late, "1"],
      ],
      15_020,
      20,
    ],
    [
      "opens with a send that succeeds",
      [
        [5, "polled"],
        [20, late, "1"],
        [25, "sent"],
      ],
      15_020,
      undefined,
    ],
    [
      "is open when a send is refused for its own sake",
      [
        [5, "polled"],
        [20, { ...conflict, status: 400, words: "chat not found" }, "1"],
      ],
      15_020,
      undefined,
    ],
    [
      "is open when somebody has blocked the bot",
      [
        [5, "polled"],
        [20, { ...conflict, status: 403, words: "bot was blocked by the user" }, "1"],
      ],
      15_020,
      undefined,
    ],
    [
      "is closed when the token is refused",
      [
        [5, "polled"],
        [20, { ...conflict, status: 401, words: "Unauthorized" }, "1"],
      ],
      15_020,
      20,
    ],
    [
      "is open when a send failed that was not tried again",
      [
        [5, "polled"],
        [20, late, "1"],
      ],
      30_020,
      undefined,
    ],
    [
      "counts no send that failed long before",
      [
        [5, "polled"],
        [20, late, "1"],
        [30_020, late, "1"],
      ],
      30_021,
      undefined,
    ],
    [
      "is closed when polls are to wait",
      [
        [5, "polled"],
        [20, wait],
      ],
      60_020,
      20,
    ],
    [
      "is opened by no send",
      [
        [5, "polled"],
        [20, cut],
        [25, "sent"],
      ],
      30,
      20,
    ],
  ];
  for (const [name, steps, atMs, sinceMs] of cases)
    it(name, () => {
      const watch = new DoorWatch(0);
      for (const [nowMs, what, chat] of steps)
        if (what === "polled") watch.polled(nowMs);
        else if (what === "sent") watch.sent(nowMs, chat ?? "1", undefined);
        else if (chat === undefined) watch.failed(nowMs, what);
        else watch.sent(nowMs, chat, what);
      assert.equal(watch.closed(atMs)?.sinceMs, sinceMs);
    });
});
