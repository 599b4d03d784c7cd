import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandTable, routes, Self } from "@adyton/protocol";
import { joined } from "../domain/context/segments.ts";
import type { BackendHealth } from "../ports/backend.ts";
import { describeSelf } from "./describe-self.ts";
import { HeldBackend, openApp, person, question } from "./test/app-fixture.ts";
import { local, owner } from "./tokens.ts";
import { turnSystem } from "./turn-context.ts";
import { processorMs } from "../../test/processor-time.ts";

class SilentBackend extends HeldBackend {
  override health(): BackendHealth {
    return { status: "degraded", detail: "http://127.0.0.1:1 does not answer", sinceMs: 1 };
  }
}

const budgetMs = 50;

describe("the self-description", () => {
  it("is the registry: its modes, its commands and its routes, each once", async () => {
    await using app = await openApp();
    const self = Self.parse(describeSelf(app.describe, owner));
    assert.deepEqual(
      self.modes.map(({ id }) => id),
      app.turns.modes.all.map(({ id }) => id),
    );
    assert.deepEqual(
      self.commands.map(({ name }) => name),
      commandTable.map(({ name }) => name),
    );
    assert.deepEqual(
      self.routes.map(({ id }) => id),
      routes.map(({ id }) => id),
    );
  });

  it("needs no model, not even one that answers, and no more than 50 ms", async () => {
    const backend = new SilentBackend();
    await using app = await openApp({ backend });
    describeSelf(app.describe, owner, "c");
    let described: unknown;
    const ms = processorMs(() => {
      described = describeSelf(app.describe, owner, "c");
    });
    assert.ok(ms < budgetMs, `${ms} ms`);
    const self = Self.parse(described);
    assert.deepEqual([self.status, self.cost.calls], ["warn", 0]);
    assert.equal(backend.requests.length, 0);
  });

  it("counts what each turn is sent, part by part, as it is sent", async () => {
    const backend = new HeldBackend(1, "ok");
    await using app = await openApp({ backend });
    const bare = describeSelf(app.describe, owner, "c").sent;
    assert.deepEqual([bare.mode, bare.blocks, bare.overlays], [0, 0, 0]);
    assert.equal(bare.tokens, bare.core);
    await app.blocks.save({ name: "дом", text: "Живу в Осло." }, owner);
    await app.commands.execute({
      principal: owner,
      command: "prompt",
      args: { text: "Отвечай стихами." },
      conversation: "c",
    });
    const { sent } = describeSelf(app.describe, owner, "c");
    assert.ok(sent.blocks > 0 && sent.overlays > 0);
    assert.equal(sent.tokens, sent.core + sent.blocks + sent.overlays);
    await app.turns.submit(question("?")).end;
    const key = app.conversations.key(owner, "c");
    const place = { key, person: owner.person, tier: owner.tier };
    const system = joined(turnSystem(app.describe, place));
    assert.equal(backend.requests[0]?.messages[0]?.content, system);
    assert.equal(sent.tokens, system.length, "the fixture counts characters");
  });

  it("keeps from everybody else what is the owner's", async () => {
    await using app = await openApp({ backend: new HeldBackend() });
    for (const caller of [local, person("anna")]) {
      const self = describeSelf(app.describe, caller);
      assert.equal(self.corePrompt.text, undefined);
      assert.ok(self.backends.every(({ address }) => address === undefined));
    }
    const own = describeSelf(app.describe, owner);
    assert.ok(own.corePrompt.text !== undefined && own.backends[0]?.address !== undefined);
  });
});
