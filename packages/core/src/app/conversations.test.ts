import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Journal } from "../adapters/sqlite/journal.ts";
import type { InstantCommand } from "./commands.ts";
import { Conversations } from "./conversations.ts";
import {
  builtIn,
  HeldBackend,
  openApp,
  type OpenApp,
  person,
  question,
} from "./test/app-fixture.ts";
import { local, owner } from "./tokens.ts";

/** What the next process reads from the journal. */
function fresh(app: OpenApp, historyTurns = 4): Conversations {
  const conversationKey = Buffer.alloc(32);
  const { records, state } = app;
  return new Conversations({
    records,
    state,
    conversationKey,
    modes: builtIn,
    historyTurns,
    now: () => app.clock.ms,
  });
}

describe("a conversation", () => {
  it("is each principal's own, and its name is in no key", async () => {
    await using app = await openApp();
    const keys = [owner, local, person("a"), person("b")].map((by) =>
      app.conversations.key(by, "отпуск"),
    );
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(keys[0], app.conversations.key(owner, "отпуск"));
    for (const key of keys) assert.match(key, /^cv_[\w-]{22}$/);
  });

  it("is the same from memory and from the journal, in every mode and within its length", async () => {
    const backend = new HeldBackend(4, "ответ");
    await using app = await openApp({ backend });
    const key = app.conversations.key(owner, "c");
    assert.deepEqual(app.conversations.history(key), []);
    for (const mode of [undefined, "EXTRACTIVE", undefined, undefined, "EXTRACTIVE", undefined]) {
      const text = `вопрос ${String(mode)}`;
      await app.turns.submit(question(text, mode === undefined ? {} : { mode })).end;
      assert.deepEqual(app.conversations.history(key), fresh(app).history(key));
    }
    assert.equal(app.conversations.history(key).length, 8);
    assert.deepEqual(fresh(app, 0).history(key), []);
    const invocation = { principal: owner, command: "new", args: {}, conversation: "c" } as const;
    await app.commands.execute(invocation);
    assert.deepEqual(app.conversations.history(key), []);
    backend.instant = undefined;
    const failing = app.turns.submit(question("x"));
    app.turns.cancel(failing);
    await failing.end;
    assert.deepEqual(app.conversations.history(key), [], "what failed is no part of it");
  });

  it("is what the journal says after every change, however turns and commands follow each other", async () => {
    const backend = new HeldBackend(4, "ответ");
    await using app = await openApp({ backend });
    const key = app.conversations.key(owner, "c");
    const command = async (
      name: InstantCommand,
      args: Record<string, unknown> = {},
    ): Promise<unknown> =>
      app.commands.execute({ principal: owner, command: name, args, conversation: "c" });
    const turn = async (): Promise<unknown> => app.turns.submit(question("вопрос")).end;
    const steps: readonly (() => Promise<unknown>)[] = [
      turn,
      () => command("switch_mode", { mode: "EXTRACTIVE", lifetime: { turns: 9 } }),
      turn,
      () => command("prompt", { text: "кратко" }),
      () => Promise.all([turn(), command("prompt", { text: "вежливо" }), turn()]),
      () => command("restore_mode"),
      turn,
      () => Promise.all([command("new"), turn()]),
      turn,
    ];
    const seen = new Set<string>();
    for (const step of steps) {
      await step();
      const journal = fresh(app);
      const held = (from: Conversations): unknown => [
        from.turns(key),
        from.mode(key),
        from.overlays(key),
        from.history(key),
      ];
      assert.deepEqual(held(app.conversations), held(journal));
      seen.add(JSON.stringify(held(journal)));
    }
    assert.equal(seen.size, steps.length, "every step changes something");
  });

  it("has counted no turn that could not be written, also when another of its conversation was", async () => {
    const backend = new HeldBackend(4, "ответ");
    let failures = 0;
    await using app = await openApp({
      backend,
      wrap: (journal) =>
        new Proxy(journal, {
          get: (target, name) => {
            if (name === "append" && failures > 0) {
              failures -= 1;
              return () => Promise.reject(new Error("planted"));
            }
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    const key = app.conversations.key(owner, "c");
    assert.equal(app.conversations.turns(key), 0);
    failures = 1;
    const turns = [app.turns.submit(question("раз")), app.turns.submit(question("two"))];
    const ends = await Promise.all(turns.map(({ end }) => end));
    assert.deepEqual(
      ends.map(({ kind }) => kind),
      ["failed", "answered"],
    );
    assert.equal(fresh(app).turns(key), 1);
    assert.equal(app.conversations.turns(key), 1);
  });

  it("forgets words that were erased", async () => {
    const journals: Journal[] = [];
    await using app = await openApp({
      backend: new HeldBackend(4, "ответ"),
      wrap: (journal) => (journals.push(journal), journal),
    });
    const key = app.conversations.key(owner, "c");
    for (const text of ["первый", "second"]) await app.turns.submit(question(text)).end;
    assert.equal(app.conversations.history(key).length, 4);
    // Whatever is a minute younger than now.
    const swept = await journals[0]?.sweep({ message: -60_000 }, new AbortController().signal);
    assert.ok((swept?.erased ?? 0) > 0);
    app.conversations.forgetWords();
    assert.deepEqual(app.conversations.history(key), []);
    assert.equal(app.conversations.turns(key), 2);
  });

  it("leaves memory when others need the room, and is read again", async () => {
    const backend = new HeldBackend(4, "x".repeat(1_400_000));
    await using app = await openApp({ backend });
    const names = ["a", "b", "c", "d"];
    for (const conversation of names) await app.turns.submit(question("q", { conversation })).end;
    let reads = 0;
    const { records } = app;
    const answeredTurns = records.answeredTurns.bind(records);
    records.answeredTurns = (...args) => {
      reads += 1;
      return answeredTurns(...args);
    };
    const read = (name: string): number => {
      const before = reads;
      assert.equal(app.conversations.history(app.conversations.key(owner, name)).length, 2);
      return reads - before;
    };
    assert.equal(read("d"), 0, "the youngest is held");
    assert.equal(read("a"), 1, "the oldest had to go");
    assert.equal(read("a"), 0);
  });
});
