import assert from "node:assert/strict";
import { it } from "node:test";
import { corePromptDefault } from "../domain/turns/core-prompt.ts";
import { joined } from "../domain/context/segments.ts";
import { HeldBackend, openApp, question } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";
import { contextNow } from "./turn-context.ts";

/** A model server with room for the system message and little more. */
class SmallBackend extends HeldBackend {
  override readonly contextTokens: number = 400;
}

it("shows in its segments what the next turn sends, with intents, in both languages, also where the window is full", async () => {
  const backend = new SmallBackend(1, "Понятно, yes.");
  await using app = await openApp({ backend });
  const key = app.conversations.key(owner, "c");
  const options = { ...app, corePrompt: corePromptDefault };
  for (const text of ["Отвечай стихами.", "Be brief."])
    await app.commands.execute({
      principal: owner,
      command: "prompt",
      args: { text },
      conversation: "c",
    });
  await app.blocks.save({ name: "дом", text: "Живём в Перми." }, owner);
  let mostDropped = 0;
  for (let turn = 1; turn <= 4; turn += 1) {
    const text = `Вопрос ${turn}, ${"long ".repeat(turn * 20)}?`;
    const seqBefore = app.records.lastSeq();
    const now = contextNow({ ...options, answerTokensMax: undefined }, backend, {
      key,
      person: "owner",
      tier: "owner",
      question: text,
    });
    assert.equal(app.records.lastSeq(), seqBefore);
    assert.equal(backend.requests.length, turn - 1);
    const end = await app.turns.submit(question(text)).end;
    assert.equal(end.kind, "answered");
    const sent = backend.requests.at(-1);
    assert.deepEqual(
      now.messages.map(({ role, segments }) => ({ role, content: joined(segments) })),
      sent?.messages.map(({ role, content }) => ({ role, content })),
    );
    assert.equal(now.tokens, sent?.promptTokensEstimate);
    assert.deepEqual([now.windowTokens, now.reserveTokens], [400, 100]);
    mostDropped = Math.max(mostDropped, now.dropped);
  }
  assert.ok(mostDropped > 0, "the window was never full");
});

it("says how much too long a question is, which then stands alone", async () => {
  const backend = new SmallBackend(1, "ok");
  await using app = await openApp({ backend });
  const options = { ...app, corePrompt: corePromptDefault };
  const now = contextNow({ ...options, answerTokensMax: 50 }, backend, {
    key: app.conversations.key(owner, "c"),
    person: "owner",
    tier: "owner",
    question: "х".repeat(2_000),
  });
  assert.ok(now.tokens > now.windowTokens);
  assert.deepEqual(
    now.messages.map(({ segments }) => segments.map(({ kind }) => kind)),
    [["system"], ["question"]],
  );
  assert.equal(now.reserveTokens, 50);
});
