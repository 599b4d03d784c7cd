import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Block, BlockRequest, blocksMax, blockTextCharsMax, BlockVersions } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import { describeSelf } from "./describe-self.ts";
import { HeldBackend, openApp, person, question } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";

const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;
const block = (name: string, text: string): BlockRequest => BlockRequest.parse({ name, text });

describe("pinned blocks", () => {
  it("are kept in versions, each with what changed in it", async () => {
    await using app = await openApp();
    const { blocks } = app;
    await blocks.save(block("дом", "Живём в Перми.\nКот Барсик."), owner);
    await blocks.save(block("Дом", "Живём в Казани.\nКот Барсик."), owner);
    const last = Block.parse(await blocks.save(block("дом", "Живём в Казани."), owner));
    assert.equal(last.version, 3);
    assert.deepEqual(await blocks.save(block("дом", "Живём в Казани."), owner), last);
    const { versions, more } = BlockVersions.parse(blocks.versions("ДОМ", owner));
    assert.equal(more, false);
    assert.deepEqual(
      versions.map(({ version, diff }) => [
        version,
        diff.map(({ change, text }) => `${change[0]} ${text}`),
      ]),
      [
        [3, ["s Живём в Казани.", "r Кот Барсик."]],
        [2, ["r Живём в Перми.", "a Живём в Казани.", "s Кот Барсик."]],
        [1, ["a Живём в Перми.", "a Кот Барсик."]],
      ],
    );
    assert.deepEqual(
      blocks.of(owner.person).map(({ text }) => text),
      ["Живём в Казани."],
    );
  });

  it("are at most so many of a person, of at most so many characters", async () => {
    await using app = await openApp();
    const { blocks } = app;
    for (let index = 0; index < blocksMax; index += 1)
      await blocks.save(block(`b${index}`, "x".repeat(blockTextCharsMax)), owner);
    await assert.rejects(blocks.save(block("one-more", "x"), owner), refused("conflict"));
    assert.throws(() => block("b0", "x".repeat(blockTextCharsMax + 1)));
    assert.throws(() => block("with space", "x"));
    await blocks.remove("b0", owner);
    await blocks.save(block("one-more", "x"), owner);
    assert.deepEqual(
      blocks.list(owner.person).map(({ name }) => name),
      ["b1", "b2", "b3", "one-more"],
    );
  });

  it("stand in the order in which they were pinned, also within a millisecond", async () => {
    await using app = await openApp();
    const names = Array.from({ length: blocksMax }, (_, index) => `b${index}`);
    const people = Array.from({ length: 64 }, (_, index) => person(`p${index}`));
    for (const by of people) for (const name of names) await app.blocks.save(block(name, name), by);
    for (const by of people)
      assert.deepEqual(
        app.blocks.list(by.person).map(({ name }) => name),
        names,
      );
  });

  it("are their person's own", async () => {
    await using app = await openApp();
    const { blocks } = app;
    const [anna, boris] = [person("anna"), person("boris")];
    await blocks.save(block("me", "Люблю малину."), anna);
    assert.deepEqual(
      blocks.of(anna.person).map(({ text }) => text),
      ["Люблю малину."],
    );
    for (const other of [boris, owner]) {
      assert.deepEqual(blocks.of(other.person), []);
      assert.deepEqual(blocks.list(other.person), []);
      assert.throws(() => blocks.versions("me", other), refused("not_found"));
      await assert.rejects(blocks.remove("me", other), refused("not_found"));
    }
  });

  it("go along with each turn of their person, in every conversation, and with nobody else's", async () => {
    const backend = new HeldBackend(4, "Понятно.");
    await using app = await openApp({ backend });
    const anna = person("anna", "say", "memory:read");
    await app.blocks.save(block("me", "Люблю малину."), anna);
    await app.blocks.save(block("me", "I like raspberries."), anna);
    const sent = async (principal: Principal, conversation: string): Promise<string> => {
      await app.turns.submit(question("Привет?", { principal, conversation })).end;
      return JSON.stringify(backend.requests.at(-1)?.messages);
    };
    for (const conversation of ["one", "два"]) {
      assert.match(await sent(anna, conversation), /\[me\]\\nI like raspberries/);
      assert.doesNotMatch(await sent(anna, conversation), /малину/, "only the newest version");
      assert.doesNotMatch(await sent(owner, conversation), /raspberries/);
    }
    const told = (by: Principal) => describeSelf(app.describe, by).memory.blocks;
    assert.deepEqual(told(anna), [
      { name: "me", text: "I like raspberries.", version: 2, tokens: 19 },
    ]);
    assert.deepEqual(told(owner), []);
    assert.deepEqual(told({ ...anna, grants: ["say"] }), [], "a program that may not read memory");
    await app.blocks.remove("me", anna);
    assert.doesNotMatch(await sent(anna, "one"), /raspberries/);
  });

  it("outlive the process, and come back under a removed one's name as another", async () => {
    await using app = await openApp();
    await app.blocks.save(block("me", "one"), owner);
    await app.blocks.save(block("me", "two"), owner);
    await app.close();
    await using after = await openApp({ home: app.home });
    assert.equal(after.blocks.versions("me", owner).versions.length, 2);
    assert.deepEqual(
      after.blocks.of(owner.person).map(({ text }) => text),
      ["two"],
    );
    await after.blocks.remove("me", owner);
    assert.deepEqual(after.blocks.of(owner.person), []);
    const again = await after.blocks.save(block("me", "three"), owner);
    assert.equal(again.version, 1);
    assert.equal(after.blocks.versions("me", owner).versions.length, 1);
  });
});
