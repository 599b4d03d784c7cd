import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { switchModePerMinuteMax } from "@adyton/protocol";
import { describeSelf } from "./describe-self.ts";
import {
  HeldBackend,
  openApp,
  type OpenApp,
  person,
  policyOf,
  question,
} from "./test/app-fixture.ts";
import { refused, run, types } from "./test/run-command.ts";
import { local, owner } from "./tokens.ts";

describe("modes", () => {
  it("are switched, shown and restored, each for its lifetime", async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "answer") });
    const lifetime = { turns: 2, seconds: 60 };
    assert.equal((await run(app, "mode")).data.scope, "default");
    const switched = await run(app, "switch_mode", { mode: "quotes", lifetime });
    assert.equal(switched.text, "Mode: EXTRACTIVE; turns left: 2.");
    assert.deepEqual([switched.data.previous, switched.data.changedBy], ["DIRECT", "owner"]);
    await app.turns.submit(question("q")).end;
    assert.deepEqual((await run(app, "mode")).data.expires.turnsLeft, 1);
    const second = await run(app, "switch_mode", { mode: "direct", lifetime });
    assert.equal(second.data.previous, "EXTRACTIVE");
    const restored = await run(app, "restore_mode");
    assert.equal(restored.data.mode, "EXTRACTIVE");
    assert.deepEqual((await run(app, "mode")).data, restored.data);
    assert.equal(restored.data.expires.turnsLeft, 2, "it still ends by itself");
    assert.equal((await run(app, "restore_mode")).data.scope, "default");
    const records = types(app);
    assert.equal((await run(app, "restore_mode")).data.scope, "default");
    assert.deepEqual(types(app).slice(records.length), ["command.executed"], "nothing is restored");
  });

  it("are over after their time, and then there is nothing to restore", async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "answer") });
    await run(app, "switch_mode", { mode: "EXTRACTIVE", lifetime: { turns: 9, seconds: 60 } });
    app.clock.ms += 59_999;
    assert.equal((await run(app, "mode")).data.mode, "EXTRACTIVE");
    app.clock.ms += 1;
    assert.deepEqual((await run(app, "mode")).data, {
      mode: "DIRECT",
      previous: null,
      scope: "default",
      expires: null,
      changedBy: null,
    });
    assert.equal((await run(app, "restore_mode")).data.mode, "DIRECT");
    assert.equal((await run(app, "switch_mode", { mode: "DIRECT" })).data.previous, "DIRECT");
  });

  it("that do not exist are refused and leave nothing behind", async () => {
    await using app = await openApp();
    await assert.rejects(run(app, "switch_mode", { mode: "RECURSIVE" }), refused("unknown_mode"));
    for (const command of ["mode", "switch_mode"] as const)
      await assert.rejects(run(app, command, { mode: "нет" }), refused("unknown_mode"));
    const long = { mode: "ж".repeat(65) };
    await assert.rejects(run(app, "mode", long), { message: /"ж{64}"/ });
    await assert.rejects(run(app, "switch_mode", {}), refused("invalid_body"));
    await assert.rejects(run(app, "help", { rest: "me" }), refused("invalid_body"));
    assert.deepEqual(types(app), []);
  });

  it("are switched so often in a minute, by either name, and once more is busy", async () => {
    await using app = await openApp();
    for (let times = 0; times < switchModePerMinuteMax; times += 1)
      await run(app, times % 2 === 0 ? "mode" : "switch_mode", { mode: "RAG" });
    await assert.rejects(run(app, "mode", { mode: "DIRECT" }), refused("busy"));
    assert.equal((await run(app, "mode")).data.mode, "RAG", "looking costs nothing");
    await run(app, "switch_mode", { mode: "DIRECT" }, person("other", "say"));
    app.clock.ms += 60_000;
    assert.equal((await run(app, "switch_mode", { mode: "DIRECT" })).data.previous, "RAG");
  });
});

describe("the mode of the node", () => {
  const nodeWide = { scope: "node", lifetime: { turns: 1, seconds: 60 } };
  const modeOf = async (app: OpenApp, more = {}): Promise<string> => {
    const turn = app.turns.submit(question("q", { conversation: "other", ...more }));
    await turn.end;
    return turn.mode;
  };

  it("is the owner's to switch, holds for its time and is not counted in turns", async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "answer") });
    const anna = person("anna");
    await assert.rejects(
      run(app, "switch_mode", { mode: "EXTRACTIVE", ...nodeWide }, anna),
      refused("forbidden"),
    );
    assert.deepEqual(types(app), []);
    const { data, text } = await run(app, "switch_mode", { mode: "EXTRACTIVE", ...nodeWide });
    const at = new Date(app.clock.ms + 60_000).toISOString();
    assert.deepEqual(data, {
      mode: "EXTRACTIVE",
      previous: "DIRECT",
      scope: "node",
      expires: { at },
      changedBy: "owner",
    });
    assert.equal(
      text,
      `Mode of the node: EXTRACTIVE, until ${new Date(at).toLocaleString("sv-SE")}.`,
    );
    const [changed] = app.records.after(0, 1);
    assert.deepEqual([changed?.type, changed?.conversation], ["mode.changed", null]);
    for (let turns = 0; turns < 2; turns += 1)
      for (const principal of [owner, anna, local])
        assert.equal(await modeOf(app, { principal }), "EXTRACTIVE");
    app.clock.ms += 59_999;
    assert.equal(await modeOf(app), "EXTRACTIVE");
    app.clock.ms += 1;
    assert.equal(await modeOf(app), "DIRECT");
  });

  it("stands behind a conversation's own and a message's, and is shown", async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "answer") });
    await run(app, "switch_mode", { mode: "EXTRACTIVE", ...nodeWide });
    assert.equal((await run(app, "mode")).data.scope, "node");
    assert.equal((await run(app, "switch_mode", { mode: "DIRECT" })).data.previous, "EXTRACTIVE");
    assert.equal(await modeOf(app, { conversation: "c" }), "DIRECT");
    assert.equal(await modeOf(app), "EXTRACTIVE");
    assert.equal(await modeOf(app, { mode: "DIRECT" }), "DIRECT");
    const self = describeSelf(app.describe, local);
    assert.deepEqual([self.nodeMode?.mode, self.subject.mode], ["EXTRACTIVE", "EXTRACTIVE"]);
    const restored = (await run(app, "restore_mode")).data;
    assert.deepEqual([restored.mode, restored.scope], ["EXTRACTIVE", "node"]);
  });

  it("is reverted, to the one before it and then to none, also by the next process", async () => {
    await using first = await openApp({ backend: new HeldBackend(4, "answer") });
    await run(first, "switch_mode", { mode: "EXTRACTIVE", ...nodeWide });
    const second = await run(first, "switch_mode", { mode: "DIRECT", ...nodeWide });
    assert.equal(second.data.previous, "EXTRACTIVE");
    await first.close();
    await using app = await openApp({ home: first.home, backend: new HeldBackend(4, "answer") });
    app.clock.ms = first.clock.ms;
    const scope = { scope: "node" };
    await assert.rejects(run(app, "restore_mode", scope, person("anna")), refused("forbidden"));
    const back = (await run(app, "restore_mode", scope)).data;
    assert.deepEqual([back.mode, back.previous, back.scope], ["EXTRACTIVE", "DIRECT", "node"]);
    assert.deepEqual(back.expires, second.data.expires, "it still ends by itself");
    assert.equal(await modeOf(app), "EXTRACTIVE");
    assert.equal((await run(app, "restore_mode", scope)).data.scope, "default");
    assert.equal(await modeOf(app), "DIRECT");
    const before = types(app).length;
    await run(app, "restore_mode", scope);
    assert.deepEqual(types(app).slice(before), ["command.executed"], "nothing is restored");
  });

  it("that is above a caller's tier leaves that caller with the node's own", async () => {
    const inner = {
      ...policyOf("EXTRACTIVE"),
      id: "inner",
      aliases: [],
      minTier: "member",
    } as const;
    await using app = await openApp({
      backend: new HeldBackend(4, "answer"),
      modes: [inner],
    });
    await run(app, "switch_mode", { mode: "inner", ...nodeWide });
    assert.equal(await modeOf(app), "inner");
    assert.equal(await modeOf(app, { principal: local }), "DIRECT");
    assert.equal(describeSelf(app.describe, local).nodeMode, null);
  });
});
