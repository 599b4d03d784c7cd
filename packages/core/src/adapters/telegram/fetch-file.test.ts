import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BotFault, startTelegramEmulator } from "@adyton/emulators";
import { type Clock, systemClock } from "@adyton/runtime/clock";
import { fetchesAtOnceMax, FileFetcher, fetchMsMax } from "./fetch-file.ts";
import { type FileResult, TelegramClient } from "./telegram-client.ts";
import type { TelegramFailure } from "./trouble.ts";

const bytes = Buffer.from("файл");
const done = { kind: "done", value: bytes } as const;
const failed = (more: Partial<TelegramFailure>) =>
  ({
    kind: "failed",
    failure: { kind: "unknown", status: 0, retryAfterMs: 0, words: "ECONNRESET", ...more },
  }) as const;

/** A clock that jumps over every sleep. */
function jumping(): Clock & { readonly slept: number[] } {
  let ms = 0;
  const slept: number[] = [];
  const sleep = async (forMs: number): Promise<void> => {
    slept.push(forMs);
    ms += forMs;
  };
  return { ...systemClock, monotonicMs: () => ms, sleep, slept };
}

function fetcherOf(results: readonly FileResult[], clock: Clock = jumping()) {
  let calls = 0;
  const file = async () => results[Math.min(calls++, results.length - 1)] ?? done;
  return new FileFetcher({ client: () => ({ file }), clock });
}
const { signal } = new AbortController();

describe("a file from Telegram", () => {
  const cases: readonly [string, readonly FileResult[], string][] = [
    ["arrives after broken connections", [failed({}), failed({ status: 502 }), done], "fetched"],
    [
      "arrives once a token is put right",
      [failed({ kind: "refused", status: 401 }), done],
      "fetched",
    ],
    [
      "is too large",
      [failed({ kind: "refused", status: 400, words: "file is too big" })],
      "too_large",
    ],
    [
      "arrives once a token of another form is put right",
      [failed({ kind: "refused", status: 404, words: "Not Found" }), done],
      "fetched",
    ],
    ["has an id of nothing", [failed({ kind: "refused", status: 400 })], "gone"],
    ["is not there any more", [{ kind: "missing" }], "gone"],
    ["does not come", [failed({})], "unreachable"],
  ];
  for (const [name, results, kind] of cases)
    it(name, async () => assert.equal((await fetcherOf(results).fetch("F", signal)).kind, kind));

  const refused = (methods: readonly string[], times = 1): BotFault => ({
    kind: "status",
    status: 404,
    methods,
    times,
  });
  const answers: readonly [string, readonly BotFault[], string, string[]][] = [
    [
      "a token that is refused when the file is asked for",
      [refused(["getFile"])],
      "fetched",
      ["getFile", "getFile", "file"],
    ],
    [
      "a token that is refused when the file is handed out",
      [refused(["file", "getMe"], 2)],
      "fetched",
      ["getFile", "file", "getMe", "getFile", "file"],
    ],
    ["a file that is gone", [refused(["file"])], "gone", ["getFile", "file", "getMe"]],
  ];
  for (const [name, faults, kind, methods] of answers)
    it(`tells by Telegram's own answers: ${name}`, async () => {
      await using telegram = await startTelegramEmulator();
      const { token, apiRoot } = telegram;
      using client = new TelegramClient({ token: { reveal: () => token }, apiRoot });
      telegram
        .person({ id: 1 })
        .sendFile("document", { name: "a", bytes, mediaType: "text/plain" });
      const document: unknown = telegram.messages(1)[0]?.extra["document"];
      assert.ok(typeof document === "object" && document !== null && "file_id" in document);
      telegram.setFaults(faults);
      const fetcher = new FileFetcher({ client: () => client, clock: jumping() });
      assert.equal((await fetcher.fetch(String(document.file_id), signal)).kind, kind);
      assert.deepEqual(
        telegram.calls.map(({ method }) => method),
        methods,
      );
    });

  it("is waited for as long as Telegram asks, within the time there is", async () => {
    const wait = (retryAfterMs: number) => failed({ kind: "limited", status: 429, retryAfterMs });
    const clock = jumping();
    const got = await fetcherOf([wait(fetchMsMax), done], clock).fetch("F", signal);
    assert.deepEqual([got.kind, clock.slept], ["fetched", [fetchMsMax]]);
    const late = await fetcherOf([wait(fetchMsMax + 1), done]).fetch("F", signal);
    assert.equal(late.kind, "unreachable");
  });

  it("waits for a place: so many are on their way at once, and the first that waits is next", async () => {
    const open: (() => void)[] = [];
    const asked: string[] = [];
    const file = (id: string): Promise<FileResult> => {
      asked.push(id);
      return new Promise((resolve) => open.push(() => resolve(done)));
    };
    const fetcher = new FileFetcher({ client: () => ({ file }), clock: jumping() });
    const ids = Array.from({ length: fetchesAtOnceMax + 2 }, (_, at) => `f${at}`);
    const all = ids.map((id) => fetcher.fetch(id, signal));
    assert.deepEqual(asked, ids.slice(0, fetchesAtOnceMax));
    for (let at = 0; at < ids.length; at += 1) {
      open[at]?.();
      await all[at];
    }
    assert.deepEqual(asked, ids);
    const again = fetcher.fetch("later", signal);
    assert.equal(asked.at(-1), "later", "every place is free again");
    open.at(-1)?.();
    await again;
  });
});
