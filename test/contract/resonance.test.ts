import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandTable, type ResonanceResult } from "@adyton/protocol";
import { openApp, person } from "../../packages/core/src/app/test/app-fixture.ts";
import { owner } from "../../packages/core/src/app/tokens.ts";
import { stateRows } from "./mirror-fixture.ts";
import { chats, type Node, openNode } from "./recursia-fixture.ts";

async function resonate(node: Node, text: string, principal = owner) {
  const { result } = await node.app.commands.execute({
    principal,
    command: "resonance",
    args: { text },
    conversation: "c",
  });
  return { text: result.text, data: result.data as ResonanceResult };
}

const answering = (command: string) => ({
  rules: [{ schema: /intent/, reply: { json: { command } } }],
});

describe("/resonance", () => {
  for (const language of ["en", "ru"] as const)
    it(`leads the phrase to a full self-audit without asking what it means (${language})`, async () => {
      await using node = await openNode(answering("help"), { language });
      const { data } = await resonate(node, "перепроверь контекст ядра");
      assert.deepEqual([data.command, data.by], ["mirror_self", "phrase"]);
      assert.match(JSON.stringify(data.result), /"report":"mirror_self"/);
      const intents = node.emulator.requests.filter(({ body }) =>
        JSON.stringify(body).includes('"intent"'),
      );
      assert.equal(intents.length, 0);
    });

  it("asks the model once what another text means, and runs that", async () => {
    await using node = await openNode(answering("describe_self"));
    const { data } = await resonate(node, "как ты устроен внутри?");
    assert.deepEqual([data.command, data.by, chats(node.emulator)], ["describe_self", "model", 1]);
    assert.match(JSON.stringify(data.result), /"report":"describe_self"/);
  });

  for (const language of ["en", "ru"] as const)
    it(`asks back where nothing is meant, and says what could be (${language})`, async () => {
      await using node = await openNode(answering("none"), { language });
      const { text, data } = await resonate(node, "сделай что-нибудь");
      assert.deepEqual([data.command, data.by, data.result], [null, null, null]);
      assert.match(text, language === "ru" ? /^Не понимаю/u : /^I do not know/u);
      assert.match(text, /mirror_self/);
    });

  it("asks back without a model", async () => {
    await using app = await openApp();
    const invocation = { principal: owner, command: "resonance", conversation: "c" } as const;
    const { result } = await app.commands.execute({ ...invocation, args: { text: "что там?" } });
    assert.match(JSON.stringify(result.data), /"command":null/);
    const known = { ...invocation, args: { text: "опиши себя" } };
    const { result: described } = await app.commands.execute(known);
    assert.match(JSON.stringify(described.data), /"by":"phrase"/);
  });

  const changing = commandTable.filter(({ changes }) => changes !== "nothing");
  for (const { name } of changing)
    it(`never comes to ${name}, though the model says so`, async () => {
      await using node = await openNode(answering(name));
      const before = stateRows(node);
      const { data } = await resonate(node, `please ${name} RECURSIA now`);
      assert.deepEqual([data.command, data.result], [null, null]);
      assert.equal(chats(node.emulator), 1, "the model was asked");
      assert.deepEqual(stateRows(node), before);
    });

  it("offers nobody what he may not use, and runs nothing of it", async () => {
    await using node = await openNode(answering("usage"));
    const caller = person("anna", "say");
    const { data } = await resonate(node, "сколько я наговорила за неделю", caller);
    assert.equal(data.command, null);
    assert.ok(!data.offered.includes("usage") && data.offered.includes("help"));
    const { data: owners } = await resonate(node, "сколько я наговорила за неделю");
    assert.equal(owners.command, "usage", "the control");
  });
});
