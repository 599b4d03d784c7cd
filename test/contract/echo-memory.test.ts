import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EchoReport, FactRequest } from "@adyton/protocol";
import { question } from "../../packages/core/src/app/test/app-fixture.ts";
import { owner } from "../../packages/core/src/app/tokens.ts";
import { type Node, withSourceText } from "./recursia-fixture.ts";

// What memory has put into a conversation, and whether it is still so: D7 and D8 over real documents, facts and blocks.

const hourMs = 3_600_000;

async function checked({ app }: Node, id: string) {
  app.clock.ms = Math.max(app.clock.ms, Date.now());
  const { result } = await app.commands.execute({
    principal: owner,
    command: "echo_pulse",
    args: {},
    conversation: "c",
  });
  return EchoReport.parse(result.data).checks.find((check) => check.id === id);
}

const document = (text: string) =>
  ({
    title: "House",
    source: "house.md",
    mediaType: "text/markdown",
    text,
    shared: false,
  }) as const;

const houses = {
  en: {
    text: "# Boiler\n\nThe boiler in the cellar is set to 61 degrees.",
    newer: "# Boiler\n\nThe boiler in the cellar is set to 58 degrees.",
    question: "To how many degrees is the boiler in the cellar set?",
    fact: ["boiler", "temperature"],
  },
  ru: {
    text: "# Котёл\n\nКотёл в подвале настроен на 61 градус.",
    newer: "# Котёл\n\nКотёл в подвале настроен на 58 градусов.",
    question: "На сколько градусов настроен котёл в подвале?",
    fact: ["котёл", "температура"],
  },
} as const;

for (const [language, words] of Object.entries(houses))
  describe(`memory in a conversation (${language})`, () => {
    it("is stale once what an answer was drawn from is another", async () => {
      await using node = await withSourceText({}, words.text);
      const run = node.app.turns.submit(question(words.question, { mode: "extractive" }));
      const end = await run.end;
      assert.ok(end.kind === "answered" && end.answer.citations?.length === 1);
      assert.deepEqual((await checked(node, "D7"))?.status, "ok");
      await node.app.memory.addAll([document(words.newer)], owner);
      const stale = await checked(node, "D7");
      assert.deepEqual([stale?.status, stale?.evidence?.length], ["fail", 1]);
    });

    it("contradicts itself with two values at one time, worse when one of them is pinned", async () => {
      await using node = await withSourceText({}, words.text);
      const { app } = node;
      const [subject, attribute] = words.fact;
      const tell = (value: string) => {
        const validTo = new Date(app.clock.ms + 10 * hourMs).toISOString();
        const request = FactRequest.parse({ subject, attribute, value, validTo });
        const said = { source: owner.id, tier: owner.tier };
        return app.facts.store({ request, person: owner.person, by: owner, said });
      };
      await tell("61");
      assert.equal((await checked(node, "D8"))?.status, "ok");
      app.clock.ms -= hourMs;
      await tell("58");
      app.clock.ms += hourMs;
      assert.equal((await checked(node, "D8"))?.status, "warn");
      await app.blocks.save({ name: subject, text: `${subject}: 58` }, owner);
      assert.equal((await checked(node, "D8"))?.status, "fail");
    });
  });
