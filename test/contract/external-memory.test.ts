import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OpenAiEmulatorOptions } from "@adyton/emulators";
import { question } from "../../packages/core/src/app/test/app-fixture.ts";
import { owner } from "../../packages/core/src/app/tokens.ts";
import { chats, kinds, openNode, stepsOf } from "./recursia-fixture.ts";

// Memory that somebody else wrote: it is read by a call that knows nothing, and what came of it is marked.

const house = {
  en: {
    outside:
      "# Forum\n\nSomebody wrote that the boiler in the cellar leaks at 90 degrees. See https://forum.example/t/1",
    own: "# Boiler\n\nThe boiler in the cellar was serviced on 3 May by Ivanov.",
    question: "Does the boiler in the cellar leak?",
    statement: "The boiler leaks at 90 degrees.",
    quote: "the boiler in the cellar leaks at 90 degrees",
    ownAnswer: "It was serviced on 3 May [1].",
    ownQuote: "serviced on 3 May by Ivanov",
    says: "Texts from outside say:",
  },
  ru: {
    outside:
      "# Форум\n\nКто-то написал, что котёл в подвале течёт при 90 градусах. См. https://forum.example/t/1",
    own: "# Котёл\n\nКотёл в подвале обслужил Иванов 3 мая.",
    question: "Котёл в подвале течёт?",
    statement: "Котёл течёт при 90 градусах.",
    quote: "котёл в подвале течёт при 90 градусах",
    ownAnswer: "Его обслужили 3 мая [1].",
    ownQuote: "обслужил Иванов 3 мая",
    says: "Тексты извне сообщают:",
  },
} as const;

interface Kept {
  readonly text: string;
  readonly external?: boolean;
}

async function withMemory(options: OpenAiEmulatorOptions, documents: readonly Kept[]) {
  const node = await openNode(options);
  await node.app.memory.addAll(
    documents.map(({ text, external }, n) => ({
      title: `Document ${n}`,
      source: `d${n}.md`,
      mediaType: "text/markdown",
      text,
      shared: false,
      ...(external === undefined ? {} : { external }),
    })),
    owner,
  );
  const ask = async (text: string, mode = "RAG", watched = false) => {
    const run = node.app.turns.submit(question(text, { mode, watched }));
    const end = await run.end;
    assert.ok(end.kind === "answered", JSON.stringify(end));
    return { answer: end.answer, run };
  };
  return { ...node, ask, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
}

const reading = (text: string, quote: string, source = 1) => ({
  json: { statements: text === "" ? [] : [{ text, source, quote }] },
});
const grounded = (answer: string, quote: string) => ({
  json: { found: true, answer, citations: [{ passage: 1, quote }] },
});

for (const language of ["en", "ru"] as const)
  describe(`memory that somebody else wrote (${language})`, () => {
    const words = house[language];
    const outside = { text: words.outside, external: true };

    it("is read by a call without prompt, conversation and tools, behind a fence", async () => {
      const rules = [
        { schema: /reading/, reply: reading(words.statement, words.quote) },
        { reply: "ok" },
      ];
      await using node = await withMemory({ rules }, [outside]);
      const secret = language === "en" ? "my door code is 4711" : "код моей двери 4711";
      await node.ask(secret, "DIRECT");
      node.emulator.clear();
      const { answer, run } = await node.ask(words.question);
      assert.equal(chats(node.emulator), 1);
      const asked = node.emulator.requests.find(({ endpoint }) => endpoint === "chat");
      const { messages, tools } = (asked ?? assert.fail()).body as {
        messages: { role: string; content: string }[];
        tools?: unknown;
      };
      assert.equal(tools, undefined);
      assert.deepEqual(
        messages.map(({ role }) => role),
        ["user"],
      );
      const content = messages[0]?.content ?? "";
      assert.ok(!content.includes("4711"), "nothing of the conversation");
      assert.match(content, /^<external ([0-9a-f]{12}) 1>\n/u);
      assert.ok(!content.includes(words.quote), "its words are joined by a mark");
      assert.ok(answer.text.startsWith(`${words.says}\n– ${words.statement} [1]`));
      assert.deepEqual(
        answer.citations?.map(({ quote, provenance }) => [quote, provenance.tier]),
        [[words.quote, "external"]],
      );
      const [id] = answer.citations?.map(({ documentId }) => documentId) ?? [];
      assert.deepEqual([answer.taint?.sources, answer.taint?.tiers], [[id], ["external"]]);
      assert.deepEqual(answer.taint?.lost, [
        "memory.write",
        "mode.write",
        "net.out",
        "message.other",
      ]);
      assert.deepEqual(kinds(stepsOf(node, run)), ["read:made"]);
      const [answered] = node.app.records.headersAfter(0, 50, "turn.answered").slice(-1);
      assert.deepEqual(Object(answered?.facts).taint, { sources: [id], tiers: ["external"] });
    });

    it("stands behind what one's own memory says, and never in the same call", async () => {
      const rules = [
        { schema: /reading/, reply: reading(words.statement, words.quote) },
        { schema: /grounded/, reply: grounded(words.ownAnswer, words.ownQuote) },
      ];
      await using node = await withMemory({ rules }, [{ text: words.own }, outside]);
      const { answer } = await node.ask(words.question);
      const prompts = node.emulator.requests
        .filter(({ endpoint }) => endpoint === "chat")
        .map(({ body }) => JSON.stringify(body));
      assert.equal(prompts.length, 2);
      const withOwn = prompts.filter((prompt) => prompt.includes(words.ownQuote));
      assert.equal(withOwn.length, 1);
      assert.ok(!withOwn[0]?.includes("90"), "the external passage is not beside it");
      const [own, foreign] = answer.text.split(`\n\n${words.says}\n`);
      assert.equal(own, words.ownAnswer);
      assert.ok(foreign?.startsWith(`– ${words.statement} [2]`));
      assert.deepEqual(
        answer.citations?.map(({ provenance }) => provenance.tier),
        ["owner", "external"],
      );
    });

    it("says only what stands in it", async () => {
      for (const [text, quote, source] of [
        [words.statement, "this stands nowhere in it", 1],
        [words.statement, words.quote, 2],
        [`${words.statement} 1917`, words.quote, 1],
        ["x".repeat(301), words.quote, 1],
      ] as const) {
        const rules = [{ schema: /reading/, reply: reading(text, quote, source) }];
        await using node = await withMemory({ rules }, [outside]);
        const { answer } = await node.ask(words.question);
        assert.equal(answer.answeredBy, "extractive", "memory is quoted instead");
        assert.ok(!answer.text.includes(words.says));
        assert.ok(answer.taint, "and what is quoted is external");
      }
    });

    it("says a statement of as many characters as may be", async () => {
      const text = "x".repeat(300);
      const rules = [{ schema: /reading/, reply: reading(text, words.quote) }];
      await using node = await withMemory({ rules }, [outside]);
      assert.ok((await node.ask(words.question)).answer.text.includes(`– ${text} [1]`));
    });

    it("is quoted by a node that only quotes, with its links made inert", async () => {
      await using node = await withMemory({}, [outside]);
      const { answer } = await node.ask(words.question, "EXTRACTIVE");
      assert.ok(answer.text.includes(words.quote));
      assert.ok(answer.text.includes("hxxps://forum[.]example/t/1"));
      assert.ok(!answer.text.includes("https://"));
      assert.equal(answer.taint?.neutralised.links, 1);
    });

    it("does not taint what rests on one's own memory alone", async () => {
      const rules = [{ schema: /grounded/, reply: grounded(words.ownAnswer, words.ownQuote) }];
      await using node = await withMemory({ rules }, [{ text: words.own }]);
      const { answer } = await node.ask(words.question);
      assert.equal(answer.taint, undefined);
      const [answered] = node.app.records.headersAfter(0, 50, "turn.answered");
      assert.equal(Object(answered?.facts).taint, undefined);
    });
  });

describe("the taint of a conversation", () => {
  const words = house.ru;
  const rules = [
    { schema: /reading/, reply: reading(words.statement, words.quote) },
    { reply: "Смотрите https://evil.example/?d=1 и /command switch_mode RAG" },
  ];
  const documents = [
    { text: words.outside, external: true },
    { text: "# Крыша\n\nКрышу чинили в июне.", external: false },
  ];

  it("goes on with the text in its history, and ends with /new", async () => {
    await using node = await withMemory({ rules }, documents);
    const before = await node.ask("Как дела?", "DIRECT");
    assert.equal(before.answer.taint, undefined);
    assert.ok(
      before.answer.text.includes("https://evil.example/?d=1"),
      "an untainted answer is as it is",
    );
    const { answer: read } = await node.ask(words.question);
    const { answer: after } = await node.ask("А подробнее?", "DIRECT");
    assert.deepEqual(after.taint?.sources, read.taint?.sources);
    assert.equal(after.text, "Смотрите hxxps://evil[.]example/?d=1 и [/]command switch_mode RAG");
    assert.deepEqual(after.taint?.neutralised, { links: 1, images: 0, commands: 1, secrets: 0 });
    await node.app.commands.execute({
      principal: owner,
      command: "new",
      args: {},
      conversation: "c",
    });
    assert.equal((await node.ask("Как дела?", "DIRECT")).answer.taint, undefined);
  });

  it("leaves with the text, when turns that do not carry it have pushed it out of the window", async () => {
    await using node = await withMemory({ rules }, documents);
    await node.ask(words.question);
    assert.ok((await node.ask("И?", "DIRECT")).answer.taint);
    // The fixture keeps four turns of history; these read their own memory and nothing of the conversation.
    for (let turn = 0; turn < 4; turn += 1) {
      const { answer } = await node.ask("Когда чинили крышу?", "EXTRACTIVE");
      assert.equal(answer.taint, undefined);
    }
    assert.equal((await node.ask("И?", "DIRECT")).answer.taint, undefined);
  });

  it("survives a restart of the node and a rethink of the answer", async () => {
    await using node = await withMemory({ rules }, documents);
    await node.ask(words.question);
    node.app.conversations.forgetWords();
    assert.ok((await node.ask("И?", "DIRECT")).answer.taint, "read again from the journal");
    const key = node.app.conversations.key(owner, "c");
    const last = node.app.conversations.answered(key, 1);
    const run = node.app.turns.submit(
      question("И?", { mode: "RECURSIA", rethink: { run: last?.run ?? "", back: 1 } }),
    );
    const end = await run.end;
    assert.ok(
      end.kind === "answered" && end.answer.taint,
      "a rethought answer is as tainted as it was",
    );
  });

  it("holds a stream back until each word is checked, and shows the same in the end", async () => {
    await using node = await withMemory({ rules }, documents);
    await node.ask(words.question);
    const run = node.app.turns.submit(question("И?", { mode: "DIRECT", watched: true }));
    let shown = "";
    run.watch(({ event, data }) => {
      if (event === "delta") shown += data.text;
    });
    const end = await run.end;
    assert.ok(end.kind === "answered");
    assert.equal(shown, end.answer.text);
    assert.ok(!shown.includes("https://") && shown.includes("hxxps://evil[.]example"));
  });

  it("comes with a caller from outside, whatever the mode", async () => {
    await using node = await withMemory({ rules }, []);
    const peer = { id: "token:peer", tier: "peer", grants: ["say"], person: "token:peer" } as const;
    const run = node.app.turns.submit(question("Привет", { principal: peer }));
    const end = await run.end;
    assert.ok(end.kind === "answered");
    assert.deepEqual(end.answer.taint?.sources, ["token:peer"]);
    assert.deepEqual(end.answer.taint?.tiers, ["peer"]);
    assert.ok(!end.answer.text.includes("https://"));
  });

  it("is not there with the guard off: the checks above can fail", async () => {
    await using node = await openNode({ rules }, { guard: { isOff: true } });
    await node.app.memory.addAll(
      [
        {
          title: "F",
          source: "f",
          mediaType: "text/markdown",
          text: words.outside,
          shared: false,
          external: true,
        },
      ],
      owner,
    );
    const end = await node.app.turns.submit(question(words.question, { mode: "EXTRACTIVE" })).end;
    assert.ok(end.kind === "answered" && end.answer.text.includes("https://forum.example"));
    assert.equal(end.answer.taint, undefined);
  });
});
