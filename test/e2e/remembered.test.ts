import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { OpenAiEmulator } from "@adyton/emulators";
import { chatsOf, type NodeProcess, startWithEmulator } from "./node-process.ts";

// Facts, proposals and blocks of several people on one node: each sees their own, nobody another's, and a killed node
// keeps what it acknowledged. The model repeats whatever reached it: what it was not sent, it cannot tell.

interface Person {
  readonly name: string;
  readonly token: string;
  /** Words that are in everything of theirs, in both languages. */
  readonly canary: string;
}

const may = ["say", "read", "command:*", "memory:read", "memory:write", "memory:propose"];

describe("what two people and the owner have remembered", () => {
  let both: Awaited<ReturnType<typeof startWithEmulator>>;
  let node: NodeProcess;
  let emulator: OpenAiEmulator;
  let people: readonly Person[];

  before(async () => {
    both = await startWithEmulator({
      rules: [{ reply: ({ messages }) => messages.map(({ text }) => text).join(" | ") }],
    });
    ({ node, emulator } = both);
    people = [
      { name: "owner", token: node.owner, canary: "кварц1a quartz1a" },
      { name: "anna", token: await person("anna"), canary: "яшма2b jasper2b" },
      { name: "boris", token: await person("boris"), canary: "агат3c agate3c" },
    ];
    for (const { name, token, canary } of people) {
      const fact = { subject: `Кот ${name}`, attribute: `имя ${canary}`, value: canary };
      assert.equal((await post("/api/v1/memory/facts", token, fact)).status, 201);
      const block = { name: "me", text: `About ${name}: ${canary}.` };
      assert.equal((await post("/api/v1/memory/blocks", token, block)).status, 201);
    }
  });
  after(() => both[Symbol.asyncDispose]());

  const person = (name: string) => node.makeToken(name, may, { person: true });
  const post = (path: string, token: string, body: object, headers = {}) =>
    node.ask(path, { token, body, headers });

  /** Everything a person can look at, each with what of it may not be an echo of the question. */
  async function everything({ token, canary }: Person): Promise<Record<string, string>> {
    const sentBefore = chatsOf(emulator).length;
    const get = async (path: string) => (await node.ask(path, { token })).text;
    const search = async (word: string) => {
      const { json } = await node.ask(
        `/api/v1/memory/search?limit=20&q=${encodeURIComponent(word)}`,
        { token },
      );
      return JSON.stringify(json.hits);
    };
    const words = people.flatMap((each) => each.canary.split(" "));
    const say = async (mode: string) =>
      (await node.say({ text: `кот имя ${canary.split(" ")[0]}`, mode }, { token })).text;
    return {
      facts: await get("/api/v1/memory/facts?history=true"),
      conflicts: await get("/api/v1/memory/facts?conflicting=true"),
      proposals: await get("/api/v1/memory/proposals"),
      blocks: await get("/api/v1/memory/blocks"),
      versions: await get("/api/v1/memory/blocks/me/versions"),
      self: await get("/api/v1/self"),
      journal: await get("/api/v1/events?last=500"),
      search: (await Promise.all(words.map(search))).join("\n"),
      direct: await say("DIRECT"),
      rag: await say("RAG"),
      extractive: await say("EXTRACTIVE"),
      recursia: await say("RECURSIA"),
      openai: (
        await post("/v1/chat/completions", token, {
          model: "adyton/direct",
          messages: [{ role: "user", content: "Привет!" }],
        })
      ).text,
      sent: JSON.stringify(chatsOf(emulator).slice(sentBefore)),
    };
  }

  it("is shown to each of them, and nothing of it to another", async () => {
    for (const each of people) {
      const seen = await everything(each);
      for (const [where, text] of Object.entries(seen)) {
        for (const other of people.filter(({ name }) => name !== each.name))
          for (const word of other.canary.split(" "))
            assert.ok(!text.includes(word), `${each.name} sees ${word} in ${where}: ${text}`);
        if (!["conflicts", "proposals"].includes(where))
          assert.ok(text.includes(each.canary.split(" ")[0] ?? ""), `${each.name} in ${where}`);
      }
      assert.match(seen["sent"] ?? "", new RegExp(`About ${each.name}`), "the block goes along");
    }
  });

  it("is proposed by one to the owner alone, and then belongs to whom it was proposed for", async () => {
    const token = await node.makeToken("vera", ["say", "memory:read", "memory:propose"], {
      person: true,
    });
    const words = { subject: "Дача", attribute: "код ворот", value: "опал4d opal4d" };
    const proposed = await post("/api/v1/memory/facts", token, words);
    assert.equal(proposed.json.kind, "proposed");
    const { proposalId } = proposed.json.proposal;
    const sees = async (path: string, by: string) => (await node.ask(path, { token: by })).text;
    const [, anna, boris] = people;
    assert.ok(anna !== undefined && boris !== undefined);
    assert.match(await sees("/api/v1/memory/proposals", token), /opal4d/);
    assert.match(await sees("/api/v1/memory/proposals", node.owner), /opal4d/);
    for (const other of [anna, boris]) {
      assert.doesNotMatch(await sees("/api/v1/memory/proposals", other.token), /opal4d/);
      const path = `/api/v1/memory/proposals/${proposalId}/accept`;
      assert.equal((await post(path, other.token, {})).status, 404);
    }
    const decide = await node.ask(`/api/v1/memory/proposals/${proposalId}/accept`, {
      token: node.owner,
      method: "POST",
    });
    assert.equal(decide.json.source, "token:vera");
    assert.match(await sees("/api/v1/memory/facts", token), /opal4d/);
    for (const other of [node.owner, anna.token, boris.token])
      assert.doesNotMatch(await sees("/api/v1/memory/facts?history=true", other), /opal4d/);
  });

  it("has one effect under one key, and outlives a kill and a rebuild, with a clean journal", async () => {
    const headers = { "Idempotency-Key": "one" };
    const fact = { subject: "Насос", attribute: "давление", value: "2 бара" };
    const first = await post("/api/v1/memory/facts", node.owner, fact, headers);
    await post("/api/v1/memory/facts", node.owner, { ...fact, value: "3 бара" });
    const again = await post("/api/v1/memory/facts", node.owner, fact, headers);
    assert.equal(again.headers["idempotent-replayed"], "true");
    assert.equal(again.json.fact.factId, first.json.fact.factId);
    assert.equal(again.json.fact.status, "ended");
    const block = { name: "pump", text: "Насос в подвале." };
    const saved = await post("/api/v1/memory/blocks", node.owner, block, {
      "Idempotency-Key": "b",
    });
    assert.deepEqual(
      (await post("/api/v1/memory/blocks", node.owner, block, { "Idempotency-Key": "b" })).json,
      saved.json,
    );

    const state = async () =>
      JSON.stringify(
        await Promise.all(
          [
            "/api/v1/memory/facts?history=true",
            "/api/v1/memory/blocks",
            "/api/v1/memory/blocks/pump/versions",
            "/api/v1/memory/proposals",
          ].map(async (path) => (await node.ask(path, { token: node.owner })).json),
        ),
      );
    assert.match(await state(), /3 бара/);
    const last = await post("/api/v1/memory/facts", node.owner, { ...fact, value: "4 бара" });
    assert.equal(last.status, 201);
    await node.kill();
    await node.start(emulator.url);
    const { facts } = (
      await node.ask("/api/v1/memory/facts?subject=%D0%BD%D0%B0%D1%81%D0%BE%D1%81", {
        token: node.owner,
      })
    ).json;
    assert.deepEqual(
      facts.map(({ value }: { value: string }) => value),
      ["4 бара"],
    );
    const { hits } = (
      await node.ask(`/api/v1/memory/search?q=${encodeURIComponent("давление насоса")}`, {
        token: node.owner,
      })
    ).json;
    assert.deepEqual(
      hits.map(({ text }: { text: string }) => text),
      ["Насос — давление: 4 бара"],
    );
    const verified = await node.verify();
    assert.equal(verified.json.clean, true, verified.text);
  });
});
