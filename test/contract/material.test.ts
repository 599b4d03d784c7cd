import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OpenAiEmulator, OpenAiEmulatorOptions } from "@adyton/emulators";
import { poolOf, question } from "../../packages/core/src/app/test/app-fixture.ts";
import type { Submission } from "../../packages/core/src/app/live-run.ts";
import { open } from "./backend-fixture.ts";
import { openNode } from "./recursia-fixture.ts";

// Words and pictures of others that come with a message: a call that knows nothing else reads them.

const letters = {
  en: {
    letter: "Dear neighbour, the lift is closed on Friday. See https://lift.example/plan",
    ask: "What does the letter say?",
    said: "The lift is closed on Friday: https://lift.example/plan",
    shown: /^The lift is closed on Friday: .*lift\[\.\]example/u,
    secret: "my door code is 4711",
    remark: /\n\n\(Read: \d+ of 60000 characters, from the beginning/u,
  },
  ru: {
    letter: "Уважаемый сосед, лифт в пятницу закрыт. См. https://lift.example/plan",
    ask: "О чём письмо?",
    said: "Лифт в пятницу закрыт: https://lift.example/plan",
    shown: /^Лифт в пятницу закрыт: .*lift\[\.\]example/u,
    secret: "код моей двери 4711",
    remark: /\n\n\(Прочитано знаков: \d+ из 60000, с начала/u,
  },
} as const;

interface Sent {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

const sentTo = (emulator: OpenAiEmulator): readonly Sent[] =>
  emulator.requests
    .filter(({ endpoint }) => endpoint === "chat")
    .map(({ body }) => {
      const { messages } = Object(body);
      assert.ok(Array.isArray(messages));
      return { messages };
    });

async function openReader(options: OpenAiEmulatorOptions) {
  const node = await openNode(options);
  const end = (text: string, more: Partial<Submission> = {}) =>
    node.app.turns.submit(question(text, more)).end;
  const ask = async (text: string, more: Partial<Submission> = {}) => {
    const came = await end(text, more);
    assert.ok(came.kind === "answered", JSON.stringify(came));
    return came.answer;
  };
  return { ...node, ask, end, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
}

for (const language of ["en", "ru"] as const)
  describe(`what comes with a message (${language})`, () => {
    const { letter, ask, said, shown, secret, remark } = letters[language];
    const attachments = [{ kind: "text", name: "letter.txt", text: letter }] as const;

    it("is read apart, behind a fence, and taints the answer and what follows", async () => {
      await using node = await openReader({ rules: [{ reply: said }] });
      await node.ask(secret);
      node.emulator.clear();
      const answer = await node.ask(ask, { attachments });
      const [first] = sentTo(node.emulator);
      assert.deepEqual(
        first?.messages.map(({ role }) => role),
        ["user"],
      );
      const content = String(first?.messages[0]?.content);
      assert.match(content, /^<external ([0-9a-f]{12}) 1>\n/u);
      assert.ok(!content.includes("4711") && content.includes("letter.txt"));
      assert.match(answer.text, shown);
      assert.deepEqual(answer.taint?.sources, ["attachments"]);
      const next = await node.ask("?");
      assert.deepEqual(next.taint?.sources, ["attachments"], "an answer made from it came along");
      const [, second] = sentTo(node.emulator);
      assert.ok(!JSON.stringify(second).includes("letter.txt"), "its words did not");
    });

    it("is cut where it does not fit the window, and the answer says so", async () => {
      await using node = await openReader({ rules: [{ reply: "ok" }] });
      const long = letter.repeat(1_000).slice(0, 60_000);
      const answer = await node.ask(ask, { attachments: [{ kind: "text", text: long }] });
      assert.match(answer.text, remark);
      assert.equal(sentTo(node.emulator).length, 1, "it was cut before it was sent");
    });

    it("needs a model, and a mode that asks it", async () => {
      await using node = await openReader({ rules: [{ reply: "ok" }] });
      const end = await node.end(ask, { attachments, mode: "EXTRACTIVE" });
      assert.ok(end.kind === "failed");
      assert.equal(end.problem.code, "conflict");
      assert.deepEqual(sentTo(node.emulator), []);
    });

    it("counts a quotation as the conversation's where it is, and as somebody's where not", async () => {
      await using node = await openReader({
        rules: [
          {
            reply: ({ messages }) =>
              messages.at(-1)?.text.startsWith("<external") === true
                ? "It is closed."
                : "**Anna** called at noon.",
          },
        ],
      });
      await node.ask("Who called?");
      const own = await node.ask(ask, { quote: "Anna called  at noon." });
      assert.equal(own.taint, undefined);
      assert.match(JSON.stringify(sentTo(node.emulator).at(-1)), /> Anna called {2}at noon\./u);
      const foreign = await node.ask(ask, { quote: letter });
      assert.deepEqual(foreign.taint?.sources, ["attachments"]);
      assert.equal(sentTo(node.emulator).at(-1)?.messages.length, 1);
      const made = await node.ask(ask, { quote: "It is closed." });
      assert.ok(made.taint, "what was made from outside does not become one's own by being said");
      assert.equal(sentTo(node.emulator).at(-1)?.messages.length, 1);
    });
  });

it("shows pictures to a model that sees, and to no other", async () => {
  const picture = { kind: "picture", mediaType: "image/png", data: "iVBORw0KGgo=" } as const;
  await using blind = await openReader({ rules: [{ reply: "a cat" }] });
  const refused = await blind.end("What is it?", { attachments: [picture] });
  assert.ok(refused.kind === "failed");
  assert.match(refused.problem.detail ?? "", /vision: true/u);
  assert.deepEqual(sentTo(blind.emulator), []);

  await using backend = open(blind.emulator.url, { model: "emulated-chat", timeouts: {} });
  const pool = poolOf();
  pool.add({ backend, roles: ["chat"], weight: 1, sees: true });
  await using node = await openNode({}, { backends: pool });
  const end = await node.app.turns.submit(question("What is it?", { attachments: [picture] })).end;
  assert.ok(end.kind === "answered" && end.answer.text === "a cat", JSON.stringify(end));
  assert.ok(end.answer.taint, "a picture may have words in it");
  const [sent] = sentTo(blind.emulator);
  assert.match(JSON.stringify(sent), /data:image\/png;base64,iVBORw0KGgo=/u);
});
