import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DoorWatch } from "./door-watch.ts";
import type { TelegramFailure } from "./trouble.ts";

const late: TelegramFailure = { kind: "unknown", status: 0, retryAfterMs: 0, words: "ETIMEDOUT" };

const hourMs = 3_600_000;
const wait: TelegramFailure = {
  kind: "limited",
  status: 429,
  retryAfterMs: hourMs,
  words: "Too Many Requests: retry after 3600",
};
const shortWait: TelegramFailure = { ...wait, retryAfterMs: 10_000 };

/** What a send to a chat came to, and when. Groups have a number below zero. */
type Step = readonly [atMs: number, chat: string, what: TelegramFailure | "sent"];

function play(watch: DoorWatch, steps: readonly Step[]): void {
  for (const [nowMs, chat, what] of steps)
    watch.sent(nowMs, chat, what === "sent" ? undefined : what);
}

describe("a door whose polls are answered, while sends are to wait,", () => {
  const cases: ReadonlyArray<
    readonly [name: string, steps: readonly Step[], atMs: number, closedSinceMs: number | undefined]
  > = [
    [
      "stays closed for as long as several private chats are to",
      [
        [20, "1", shortWait],
        [30, "2", shortWait],
      ],
      40_029,
      30,
    ],
    [
      "is open once none of them is to any more",
      [
        [20, "1", shortWait],
        [30, "2", shortWait],
      ],
      40_030,
      undefined,
    ],
    [
      "stays closed when several private chats are told again and again",
      [
        [20, "1", wait],
        [30, "2", wait],
        [hourMs + 20, "1", wait],
        [hourMs + 30, "2", wait],
      ],
      2 * hourMs,
      30,
    ],
    [
      "is open while one chat alone is to, however often it is told so",
      [
        [20, "1", wait],
        [hourMs + 20, "1", wait],
      ],
      hourMs + 60_020,
      undefined,
    ],
    [
      "is open while two chats are to and a third one was served",
      [
        [20, "1", wait],
        [30, "3", "sent"],
        [40, "2", wait],
      ],
      40_000,
      undefined,
    ],
    [
      "is closed when two chats are to since a third one was served",
      [
        [20, "1", wait],
        [30, "3", "sent"],
        [40, "2", wait],
        [50, "1", wait],
      ],
      40_000,
      50,
    ],
    [
      "opens when a group is served while two private chats are to",
      [
        [20, "1", wait],
        [30, "2", wait],
        [30_000, "-1", "sent"],
      ],
      40_000,
      undefined,
    ],
    [
      "is open while groups are to, however many",
      [
        [20, "-1", wait],
        [30, "-2", wait],
        [40, "-3", wait],
      ],
      60_040,
      undefined,
    ],
    [
      "is open while a group and one private chat are to",
      [
        [20, "-1", wait],
        [30, "1", wait],
        [40, "-1", wait],
        [50, "1", wait],
      ],
      40_000,
      undefined,
    ],
    [
      "is closed when two private chats are to, with groups between them",
      [
        [20, "-1", wait],
        [30, "1", wait],
        [40, "-2", wait],
        [50, "2", wait],
      ],
      40_000,
      50,
    ],
    [
      "is closed when sends elsewhere fail while one chat is to, since the first of those",
      [
        [20, "1", wait],
        [20_000, "2", late],
        [30_000, "2", late],
      ],
      35_000,
      20_000,
    ],
    [
      "stays closed when a send fails while two chats are to, since those",
      [
        [20, "1", wait],
        [30, "2", wait],
        [20_000, "3", late],
        [30_000, "3", late],
      ],
      40_000,
      30,
    ],
    [
      "opens with the wait of a chat whose sends failed, because that is an answer",
      [
        [20, "1", late],
        [20_000, "1", late],
        [40_000, "1", late],
        [50_000, "1", wait],
      ],
      60_021,
      undefined,
    ],
    [
      "opens with the wait of another chat than that whose sends failed",
      [
        [20, "1", late],
        [20_000, "1", late],
        [30_000, "-2", wait],
      ],
      40_000,
      undefined,
    ],
    [
      "is closed when sends fail again after a wait, since then",
      [
        [20, "1", late],
        [10_000, "1", wait],
        [20_000, "1", late],
      ],
      35_000,
      20_000,
    ],
  ];
  for (const [name, steps, atMs, sinceMs] of cases)
    it(name, () => {
      const watch = new DoorWatch(0);
      play(watch, steps);
      watch.polled(atMs);
      assert.equal(watch.closed(atMs)?.sinceMs, sinceMs);
    });

  it("names the wait of one chat from a moment's length on, until it is over", () => {
    const watch = new DoorWatch(0);
    const waitedAt = (nowMs: number): number | undefined => watch.waiting(nowMs)?.sinceMs;
    play(watch, [[20, "1", shortWait]]);
    assert.deepEqual(
      [15_019, 15_020, 40_019, 40_020].map((nowMs) => waitedAt(nowMs)),
      [undefined, 20, 20, undefined],
    );
    play(watch, [[30_000, "2", "sent"]]);
    assert.equal(waitedAt(30_001), 20, "another one was served");
    play(watch, [[30_002, "1", "sent"]]);
    assert.equal(waitedAt(30_003), undefined, "it was served");
  });

  it("names the waits of groups that take turns since the first", () => {
    const watch = new DoorWatch(0);
    play(watch, [
      [20, "-1", wait],
      [10_000, "-2", wait],
    ]);
    assert.equal(watch.waiting(15_020)?.sinceMs, 20);
  });
});
