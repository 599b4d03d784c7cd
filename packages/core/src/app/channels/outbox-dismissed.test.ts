import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openApp, until } from "../test/app-fixture.ts";
import { chat, outboxOptions } from "../test/one-chat.ts";
import type { RunWords } from "./delivery.ts";
import { Outbox } from "./outbox.ts";

describe("a reply to somebody who was sent away", () => {
  const asked = (to: string, actor: string, at: number) => ({
    place: { chat: to },
    actor,
    owner: actor,
    tier: "member",
    dedupe: { key: Buffer.alloc(32, at), fingerprint: Buffer.alloc(32, at) },
  });
  const outcomesOf = async (app: Awaited<ReturnType<typeof openApp>>) => {
    await until("nothing is owed", () => app.state.deliveries("telegram").length === 0);
    return app.records
      .headersAfter(0, 100, "delivery.closed")
      .map(({ facts }) => Reflect.get(Object(facts), "outcome") as unknown);
  };

  it("never leaves, wherever it would go, and the journal says why", async () => {
    await using app = await openApp();
    const { shown, door } = chat();
    await using outbox = new Outbox(
      outboxOptions(app, {
        door,
        work: () => assert.fail("it is not even worked for"),
        mayReach: ({ chat: to }, actor) => to === "1" && actor === "telegram:1",
        endOf: ({ run }) => Promise.resolve({ text: `ответ ${run}` }),
      }),
    );
    const run = { kind: "run", run: "r1" } as const;
    await outbox.open({ ...asked("-5", "telegram:1", 1), reply: run });
    await outbox.open({ ...asked("-5", "telegram:2@-5", 2), reply: { kind: "work", work: {} } });
    await outbox.open({ ...asked("2", "telegram:2", 3), reply: { kind: "text", text: "привет" } });
    await outbox.open({ ...asked("1", "telegram:1", 4), reply: run });
    const outcomes = await outcomesOf(app);
    assert.deepEqual(
      ["not_admitted", "delivered"].map((told) => outcomes.filter((each) => each === told).length),
      [3, 1],
    );
    assert.deepEqual(shown, ["ответ r1"]);
  });

  it("stops where it was when that happens while it grows", async () => {
    await using app = await openApp();
    const { shown, door } = chat();
    const { promise: end, resolve } = Promise.withResolvers<RunWords>();
    let isAdmitted = true;
    await using outbox = new Outbox(
      outboxOptions(app, {
        door: { ...door, editEveryMs: () => 10 },
        mayReach: () => isAdmitted,
        endOf: ({ onGrown }) => {
          onGrown("слово ".repeat(14));
          return end;
        },
      }),
    );
    await outbox.open({ ...asked("2", "telegram:2", 1), reply: { kind: "run", run: "r1" } });
    try {
      await until("it has grown", () => shown[0]?.startsWith("слово") === true);
    } finally {
      isAdmitted = false;
      resolve({ text: "слово и конец" });
    }
    const before = [...shown];
    assert.deepEqual(await outcomesOf(app), ["not_admitted"]);
    assert.deepEqual(shown, before);
  });
});
