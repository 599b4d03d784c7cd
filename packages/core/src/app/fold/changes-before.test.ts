import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CloudEvent } from "@adyton/protocol";
import { openApp, person } from "../test/app-fixture.ts";
import { owner } from "../tokens.ts";
import { changesMax } from "./changes-before.ts";
import { fold, mayFold, minuteMs } from "./test/fold-fixture.ts";

describe("changes before the first trouble", () => {
  const change = (id: string, type: string): CloudEvent =>
    CloudEvent.parse({ specversion: "1.0", id, source: "/forge", type });

  it("are those of the half hour before, whatever brought them", async () => {
    await using app = await openApp();
    const startMs = app.clock.ms;
    for (const type of ["com.github.push", "deploy.finished", "room.temperature"])
      await app.events.accept(change(type, type), owner);
    const set = { principal: owner, command: "switch_mode", conversation: "c" } as const;
    await app.commands.execute({ ...set, args: { mode: "EXTRACTIVE" } });
    const types = async (afterMs: number) => {
      const at = new Date(startMs + afterMs).toISOString();
      const { data } = await fold(app, { lines: `${at} ERROR disk full` });
      return data.changes.map(({ type }) => type);
    };
    const all = ["com.github.push", "deploy.finished", "mode.changed"];
    assert.deepEqual(await types(10 * minuteMs), all);
    assert.deepEqual(await types(29 * minuteMs), all);
    assert.deepEqual(await types(31 * minuteMs), []);
    assert.deepEqual(await types(-minuteMs), [], "what comes later is no cause");
  });

  it("of others are not told", async () => {
    await using app = await openApp();
    await app.events.accept(change("1", "deploy.finished"), person("boris", "event"));
    const lines = `${new Date(app.clock.ms + minuteMs).toISOString()} ERROR x`;
    assert.deepEqual((await fold(app, { lines }, mayFold)).data.changes, []);
    assert.equal((await fold(app, { lines })).data.changes.length, 1);
  });

  it(`are ${changesMax} at most, the newest`, async () => {
    await using app = await openApp();
    for (let n = 0; n <= changesMax; n += 1)
      await app.events.accept(change(String(n), `deploy.n${n}`), owner);
    const lines = `${new Date(app.clock.ms + minuteMs).toISOString()} ERROR x`;
    const { changes } = (await fold(app, { lines })).data;
    assert.equal(changes.length, changesMax);
    assert.equal(changes[0]?.type, "deploy.n1");
  });
});
