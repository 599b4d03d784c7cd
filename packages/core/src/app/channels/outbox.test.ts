import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "@adyton/runtime/clock";
import type { Journal } from "../../adapters/sqlite/journal.ts";
import type { ChannelDoor } from "../../ports/channel.ts";
import type { JournalPort } from "../../ports/journal.ts";
import { openApp, until } from "../test/app-fixture.ts";
import { chat, exitCheck, outboxOptions, owedReply } from "../test/one-chat.ts";
import { Counters } from "../metrics.ts";
import type { RunWords } from "./delivery.ts";
import { Outbox } from "./outbox.ts";

it("announces an answer when the messenger lets it, and sends nothing else there before", async () => {
  await using app = await openApp();
  const { shown, door } = chat();
  const told: string[] = [];
  const asked = [7_000, 3_000];
  const waits = [...asked];
  const limited: ChannelDoor = {
    ...door,
    place: (...args) => {
      told.push("place");
      return door.place(...args);
    },
    ping: () => {
      told.push("announce");
      const afterMs = waits.shift();
      return Promise.resolve(
        afterMs === undefined ? { kind: "unknown" } : { kind: "later", afterMs },
      );
    },
  };
  await using outbox = new Outbox(
    outboxOptions(app, {
      door: limited,
      endOf: () => Promise.resolve({ text: "ответ" }),
      clock: {
        ...systemClock,
        // An answer that took a minute.
        nowMs: () => Date.now() + 60_000,
        sleep: (ms, signal) => {
          if (!asked.includes(ms)) return systemClock.sleep(ms, signal);
          told.push(`${ms} ms`);
          return Promise.resolve();
        },
      },
      onUnexpected: (error) => assert.fail(String(error)),
    }),
  );
  const reply = { kind: "run", run: "run_a" } as const;
  const open = (n: number) =>
    outbox.open({
      place: { chat: "1" },
      actor: "telegram:1",
      owner: "owner",
      tier: "owner",
      reply,
      dedupe: { key: Buffer.alloc(32, n), fingerprint: Buffer.alloc(32) },
    });
  await open(1);
  await open(2);
  await until("both", () => app.state.deliveries("telegram").length === 0);
  assert.deepEqual(told.slice(0, 6), [
    "place",
    "announce",
    "7000 ms",
    "announce",
    "3000 ms",
    "announce",
  ]);
  assert.deepEqual(shown, ["ответ", "ответ"]);
});

it("shows a long answer in several messages while it grows, and takes back what was too much", async () => {
  await using app = await openApp();
  const { shown, door } = chat();
  const buttons: number[] = [];
  const { promise: end, resolve, reject } = Promise.withResolvers<RunWords>();
  await using outbox = new Outbox(
    outboxOptions(app, {
      door: {
        ...door,
        textUnitsMax: 20,
        editEveryMs: () => 10,
        fill: (place, message, look, signal) => {
          buttons[message] = look.buttons.length;
          return door.fill(place, message, look, signal);
        },
      },
      endOf: ({ onGrown }, signal) => {
        onGrown(Array.from({ length: 40 }, () => "слово").join(" "));
        signal.addEventListener("abort", () => reject(signal.reason));
        return end;
      },
    }),
  );
  await outbox.open(owedReply({ kind: "run", run: "r1" }));
  await until("the answer has grown", () => shown.length > 3 && buttons.at(-1) === 1);
  assert.deepEqual(shown.slice(0, 2), ["слово слово слово", "слово слово слово"]);
  assert.deepEqual(buttons.slice(0, 3), [0, 0, 0], "the button stands under the last");
  assert.equal(buttons.length, shown.length);
  resolve({ text: "коротко" });
  await until("it is delivered", () => app.state.deliveries("telegram").length === 0);
  assert.deepEqual(
    shown.filter((text) => text !== ""),
    ["коротко"],
  );
  assert.equal(buttons[0], 0);
});

it("looks at a text whole before it is cut into messages, and counts what it took out", async () => {
  await using app = await openApp();
  const { shown, door } = chat();
  const removed = new Counters();
  await using outbox = new Outbox(
    outboxOptions(app, {
      door: { ...door, textUnitsMax: 20 },
      exit: exitCheck(removed),
      endOf: () => Promise.resolve({ text: "123456 **192.168.31**.57, далее annika@tundra-9" }),
    }),
  );
  await outbox.open(owedReply({ kind: "run", run: "r1" }));
  await until("it is delivered", () => app.state.deliveries("telegram").length === 0);
  assert.equal(
    shown.join(" "),
    "123456 [адрес убран], далее [имя пользователя убрано]@[имя машины убрано]",
  );
  // Of the database itself: the journal's own count follows its commits.
  const record = app.records.record(app.records.lastSeq() - 1);
  const { delivery: _id, ...facts } = Object(record?.facts);
  assert.deepEqual(facts, { run: "r1", removed: { address: 1, user: 1, host: 1 } });
  assert.equal(removed.value("address"), 1);
});

for (const [waitedMs, isDrafted, pings] of [
  [9_000, false, 0],
  [11_000, false, 1],
  [11_000, true, 0],
] as const)
  it(`announces an answer after ${waitedMs} ms ${pings} times${isDrafted ? " in a draft" : ""}`, async () => {
    await using app = await openApp();
    const { shown, door } = chat();
    let pinged = 0;
    await using outbox = new Outbox(
      outboxOptions(app, {
        door: {
          ...door,
          hasDrafts: () => isDrafted,
          ping: () => {
            pinged += 1;
            return Promise.resolve({ kind: "unknown" });
          },
        },
        endOf: () => Promise.resolve({ text: "готово" }),
        // The journal stamps the question; the answer comes so much later.
        clock: { ...systemClock, nowMs: () => Date.now() + waitedMs },
      }),
    );
    const who = { place: { chat: "1" }, actor: "telegram:1", owner: "owner", tier: "owner" };
    const dedupe = { key: Buffer.alloc(32, 1), fingerprint: Buffer.alloc(32, 1) };
    await outbox.open({ ...who, reply: { kind: "run", run: "r1" }, dedupe });
    await until("it is delivered", () => app.state.deliveries("telegram").length === 0);
    assert.deepEqual([shown, pinged], [["готово"], pings]);
  });

describe("a reply whose question was edited", () => {
  const place = { chat: "1" };
  const who = { place, actor: "telegram:1", owner: "owner", tier: "owner" };
  const key = (at: number) => ({ key: Buffer.alloc(32, at), fingerprint: Buffer.alloc(32, at) });

  /** Two runs, each of which ends when the test says so. */
  function runs() {
    const ends = new Map(["r1", "r2"].map((run) => [run, Promise.withResolvers<RunWords>()]));
    const followed: string[] = [];
    const endOf = ({ run }: { readonly run: string }, signal: AbortSignal): Promise<RunWords> => {
      followed.push(run);
      const end = ends.get(run);
      signal.addEventListener("abort", () => end?.reject(new Error("stopped")));
      return end?.promise ?? Promise.reject(new Error(run));
    };
    const end = (run: string, text: string): void => ends.get(run)?.resolve({ text });
    return { followed, endOf, end };
  }

  it("is another run's end, in the same message, also for the next process", async () => {
    await using app = await openApp();
    const { shown, door } = chat();
    const { followed, endOf, end } = runs();
    const options = outboxOptions(app, {
      door,
      endOf,
    });
    {
      await using outbox = new Outbox(options);
      await outbox.open({ ...who, reply: { kind: "run", run: "r1" }, dedupe: key(1) });
      await until("the first is waited for", () => followed.length === 1);
      const [owed] = app.state.deliveries("telegram");
      assert.equal(owed?.run, "r1");
      const reply = { kind: "run", run: "r2" } as const;
      assert.ok(await outbox.replace(owed.id, { ...who, reply, dedupe: key(2) }));
      assert.ok(await outbox.replace(owed.id, { ...who, reply, dedupe: key(2) }), "twice is once");
      end("r1", "отменено");
      await until("the second is waited for", () => followed.length === 2);
    }
    assert.deepEqual(shown, ["…"]);
    const [left] = app.state.deliveries("telegram");
    assert.equal(left?.run, "r2");
    const second = runs();
    second.end("r2", "второй ответ");
    await using outbox = new Outbox({ ...options, endOf: second.endOf });
    outbox.start();
    await until("it is delivered", () => app.state.deliveries("telegram").length === 0);
    assert.deepEqual(shown, ["второй ответ"]);
    const late = { ...who, reply: { kind: "text", text: "поздно" }, dedupe: key(3) } as const;
    assert.equal(await outbox.replace(left.id, late), false, "it has ended");
  });

  it("waits for what replaces it while that is being written", async () => {
    const { promise: written, resolve: write } = Promise.withResolvers<void>();
    const wrap = (journal: Journal): JournalPort => ({
      get lastSeq() {
        return journal.lastSeq;
      },
      get storage() {
        return journal.storage;
      },
      append: async (group) => {
        if (group.records.some(({ type }) => type === "delivery.replaced")) await written;
        return journal.append(group);
      },
      noteTokenUse: (name, timeMs) => journal.noteTokenUse(name, timeMs),
      onAppended: (listener) => journal.onAppended(listener),
    });
    await using app = await openApp({ wrap });
    const { shown, door } = chat();
    const { followed, endOf, end } = runs();
    await using outbox = new Outbox(
      outboxOptions(app, {
        door,
        endOf,
      }),
    );
    await outbox.open({ ...who, reply: { kind: "run", run: "r1" }, dedupe: key(1) });
    await until("the first is waited for", () => followed.length === 1);
    const [owed] = app.state.deliveries("telegram");
    const reply = { kind: "text", text: "справка" } as const;
    const replaced = outbox.replace(owed?.id ?? "", { ...who, reply, dedupe: key(2) });
    end("r1", "первый ответ");
    await new Promise((resolve) => setImmediate(resolve));
    write();
    assert.ok(await replaced);
    await until("it is delivered", () => app.state.deliveries("telegram").length === 0);
    assert.deepEqual(shown, ["справка"]);
  });
});
