import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { run } from "./cli-process.ts";
import { type NodeProcess, startWithEmulator, until } from "./node-process.ts";
import { rawTraces } from "./raw-bytes.ts";

// Forgetting through a node's own doors, and what is left of the words in the raw bytes of its home.

const house = {
  en: {
    secret: "The vrelkobast lies behind the third stone of the quonderfin, left of the door.",
    words: ["vrelkobast", "quonderfin"],
    ask: "Where does the vrelkobast lie?",
    quote: "The vrelkobast lies behind the third stone of the quonderfin",
    plain:
      "The cellar is damp in April and dry in August, so the apples stand there in autumn only.",
  },
  ru: {
    secret: "Шмурделка лежит за третьим камнем у старой клопундры, слева от двери погреба.",
    words: ["Шмурделка", "клопундры"],
    ask: "Где лежит шмурделка?",
    quote: "Шмурделка лежит за третьим камнем у старой клопундры",
    plain: "Погреб весной сырой, а к концу лета сухой, поэтому яблоки стоят там только осенью.",
  },
} as const;
type Words = (typeof house)["en" | "ru"];

const rules = (words: Words) => [
  {
    schema: /grounded/,
    reply: {
      json: { found: true, answer: "[1]", citations: [{ passage: 1, quote: words.quote }] },
    },
  },
  { reply: `You said: ${words.secret}` },
];

const ask = (node: NodeProcess, path: string, body: object, token = node.owner) =>
  node.ask(path, { token, body, timeoutMs: 60_000 });

async function preview(node: NodeProcess, selection: object, token = node.owner) {
  const shown = await ask(node, "/api/v1/memory/forget", selection, token);
  assert.equal(shown.status, 200, shown.text);
  return shown.json;
}

async function forget(node: NodeProcess, selection: object, token = node.owner) {
  const shown = await preview(node, selection, token);
  const done = await ask(node, "/api/v1/memory/forget/confirm", { confirm: shown.forgetId }, token);
  assert.equal(done.status, 200, done.text);
  assert.deepEqual(done.json.deleted, shown.counts);
  assert.equal(done.json.residueBytes, 0);
  return done.json;
}

const addDocument = async (node: NodeProcess, text: string, source: string) => {
  const body = { title: `Notes ${source}`, source, text };
  const added = await ask(node, "/api/v1/memory/documents", body);
  assert.equal(added.status, 201, added.text);
  return added.json;
};

const backUp = async (node: NodeProcess): Promise<string> => {
  const made = await node.ask("/api/v1/journal/backup", { token: node.owner, method: "POST" });
  assert.equal(made.status, 201, made.text);
  return String(made.json.path).slice(node.home.length + 1);
};

const traces = (node: NodeProcess, words: Words) => rawTraces(node.home, words.secret, words.words);
/** The journal, the index and the log; not the backups, nor the program's own compiled code. */
const inUse = (found: ReadonlyMap<string, unknown>): string[] =>
  [...found.keys()].filter((name) => !/^(?:backups|cache)\//.test(name));

for (const language of ["en", "ru"] as const)
  describe(`forgetting (${language})`, () => {
    const words = house[language];

    it("leaves no byte of a document and of what was made of it; later backups hold none, older ones are named", async () => {
      await using both = await startWithEmulator({ rules: rules(words) }, { language });
      const { node } = both;
      await backUp(node);
      const first = await addDocument(
        node,
        `# One\n\n${words.plain}\n\n"${words.secret}"\n`,
        "a.md",
      );
      const document = await addDocument(
        node,
        `# Two\n\n${words.secret}\n\n${words.plain}`,
        "a.md",
      );
      assert.notEqual(first.documentId, document.documentId);
      const kept = await addDocument(node, words.plain, "kept.md");
      const answer = await node.say({ text: words.ask, mode: "RAG", conversation: "rag" });
      assert.ok(answer.json.text.includes(words.quote), answer.text);
      const quoted = await node.say({
        text: words.ask,
        mode: "extractive",
        conversation: "quotes",
      });
      assert.ok(quoted.json.text.includes(words.quote), quoted.text);
      const older = await backUp(node);
      const before = traces(node, words);
      for (const file of ["journal.db", "index.db", `${older}/journal.db`])
        assert.ok(
          [...before.keys()].some((name) => name.startsWith(file)),
          `control: ${file}`,
        );

      const receipt = await forget(node, { document: document.documentId });
      assert.deepEqual([receipt.deleted.documents, receipt.deleted.answers], [1, 2]);
      assert.equal(receipt.deleted.others, 1, "the version that was replaced");
      assert.ok(receipt.deleted.steps > 0, "the steps that quote it");
      // The question names it by its own words: it was said, not made of the document.
      await forget(node, { conversation: "rag" });
      await forget(node, { conversation: "quotes" });
      assert.deepEqual(
        receipt.backups.map(({ name }: { name: string }) => name),
        [older],
      );
      const after = traces(node, words);
      assert.deepEqual(inUse(after), [], JSON.stringify([...after]));
      const later = await backUp(node);
      assert.deepEqual(
        [...traces(node, words).keys()].filter((name) => name.startsWith(later)),
        [],
      );
      const { json } = await node.verify();
      assert.deepEqual([json.clean, json.faults], [true, []]);
      assert.ok(json.erased >= 5, `${json.erased}`);
      const found = await node.ask(
        `/api/v1/memory/search?q=${encodeURIComponent(words.plain.slice(0, 30))}`,
        { token: node.owner },
      );
      assert.equal(found.json.hits[0]?.documentId, kept.documentId, "the others are found");
      await node.restart();
      assert.deepEqual(inUse(traces(node, words)), []);
      assert.equal((await node.verify()).json.clean, true);
    });

    it("leaves no byte of turns, intents, traces and events, and the model is not told of them again", async () => {
      await using both = await startWithEmulator({ rules: rules(words) }, { language });
      const { node, emulator } = both;
      await node.say({ text: words.secret, conversation: "c" });
      await node.say({ text: `/prompt "${words.secret}"`, conversation: "c" });
      await node.say({ text: words.secret, conversation: "deep", mode: "recursia" });
      const event = {
        specversion: "1.0",
        id: "1",
        source: "/x",
        type: "a.b",
        data: { text: words.secret },
      };
      const sent = await node.ask("/api/v1/events", { token: node.owner, body: event });
      assert.equal(sent.status, 202);
      await node.say({ text: words.plain, conversation: "other" });
      assert.ok(inUse(traces(node, words)).length > 0, "control");
      const receipt = await forget(node, { text: words.secret.toUpperCase() });
      assert.ok(receipt.deleted.questions >= 2 && receipt.deleted.answers >= 2);
      assert.deepEqual([receipt.deleted.intents, receipt.deleted.events], [1, 1]);
      assert.deepEqual(inUse(traces(node, words)), []);
      const before = emulator.requests.length;
      await node.say({ text: "And now?", conversation: "c" });
      assert.ok(!JSON.stringify(emulator.requests.slice(before)).includes(words.secret));
      const events = await node.journal();
      assert.ok(
        events.some(({ type, payload }) => type === "turn.received" && payload === "erased"),
      );
      assert.equal((await node.verify()).json.clean, true);
    });
  });

test("a turn that streams when its conversation is forgotten is stopped and brings nothing back", async () => {
  const words = house.ru;
  await using both = await startWithEmulator({ rules: rules(words), tokenDelayMs: 300 });
  const { node } = both;
  const body = { text: words.secret, conversation: "c", stream: true };
  const stream = node.stream("/api/v1/message", { body, token: node.owner });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { event, data } of stream) seen.push(event === "problem" ? data.code : event);
  })();
  await until("words", () => seen.includes("delta"));
  // A run is in the journal after a second at the latest.
  await until("the question", async () => (await node.journal("turn.received")).length > 0);
  const shown = await preview(node, { conversation: "c" });
  assert.deepEqual([shown.underWay, shown.counts.questions, shown.counts.others], [1, 1, 0]);
  const confirmed = { confirm: shown.forgetId };
  const receipt = await ask(node, "/api/v1/memory/forget/confirm", confirmed);
  await reading;
  assert.equal(seen.at(-1), "cancelled");
  assert.equal(receipt.json.deleted.others, 1, "how it ended is forgotten too");
  assert.equal(receipt.json.residueBytes, 0);
  assert.deepEqual(inUse(traces(node, words)), []);
  assert.equal((await node.verify()).json.clean, true);
});

test("a person forgets what is theirs and nothing else; a preview is good once, for its caller, and for what it showed", async () => {
  await using both = await startWithEmulator({ rules: rules(house.en) });
  const { node } = both;
  const may = ["say", "read", "memory:read", "memory:write"];
  const anna = await node.makeToken("anna", may, { person: true });
  const boris = await node.makeToken("boris", may, { person: true });
  const { secret } = house.en;
  for (const token of [anna, boris]) await node.say({ text: secret, conversation: "c" }, { token });
  const path = "/api/v1/memory/forget";
  const foreign = await ask(node, path, { person: "token:boris" }, anna);
  assert.deepEqual([foreign.status, foreign.json.code], [403, "forbidden"]);
  const own = await preview(node, { text: secret }, anna);
  assert.deepEqual([own.counts.questions, own.counts.answers], [1, 1], "Boris's are not counted");
  const confirm = (id: string, token: string) =>
    ask(node, `${path}/confirm`, { confirm: id }, token);
  assert.equal((await confirm(own.forgetId, boris)).status, 404);
  const shown = await preview(node, { text: secret });
  assert.equal(shown.counts.questions, 2);
  assert.deepEqual(shown.titles, [], "what people said is not shown to the owner");
  assert.equal((await confirm(own.forgetId, anna)).status, 200);
  assert.equal((await confirm(own.forgetId, anna)).status, 404, "once");
  const changed = await confirm(shown.forgetId, node.owner);
  assert.deepEqual([changed.status, changed.json.code], [409, "conflict"]);
  assert.equal((await ask(node, path, { text: secret }, anna)).status, 404, "nothing is left");
  const left = await preview(node, { text: secret }, boris);
  assert.equal(left.counts.questions, 1);
});

for (const language of ["en", "ru"] as const)
  test(`the command line shows what would go, and erases it with --yes alone where nobody can be asked (${language})`, async () => {
    const words = house[language];
    await using both = await startWithEmulator({ rules: rules(words) });
    const { node } = both;
    const env = { LC_ALL: language === "ru" ? "ru_RU.UTF-8" : "C.UTF-8" };
    const adyton = (...args: string[]) =>
      run(["memory", "forget", ...args, "--home", node.home, "--port", String(node.port)], { env });
    assert.equal((await adyton()).code, 2, "nothing was chosen");
    assert.equal((await adyton("--since", "yesterday")).code, 2);
    await node.say({ text: words.secret, conversation: "cli" });
    const older = await backUp(node);
    const shown = await adyton("--text", words.secret);
    assert.equal(shown.code, 2, shown.errors);
    assert.ok(shown.out.includes(words.secret), shown.out);
    assert.ok(inUse(traces(node, words)).length > 0, "control");
    const done = await adyton("--conversation", "cli", "--since", "2026-01-01", "--yes");
    assert.equal(done.code, 0, done.errors);
    assert.match(done.out, language === "ru" ? /осталось в файлах: 0/ : /left in the files: 0/);
    assert.ok(done.out.includes(older), done.out);
    const after = traces(node, words);
    assert.deepEqual(inUse(after), [], JSON.stringify([...after]));
    const again = await adyton("--text", words.secret, "--yes");
    assert.equal(again.code, 1, again.out);
  });

for (const language of ["en", "ru"] as const)
  test(`/forget shows and then erases one's own, and only that (${language})`, async () => {
    const words = house[language];
    const say = {
      en: ["last", "conversation", "all", "yes", "no"],
      ru: ["последнее", "беседу", "ВСЁ", "да", "нет"],
    };
    const [last, conversation, all, yes, no] = say[language].map((word) => `/forget ${word}`);
    await using both = await startWithEmulator({ rules: rules(words) }, { language });
    const { node } = both;
    const anna = await node.makeToken("anna", ["say"], { person: true });
    const program = await node.makeToken("program", ["say"]);
    const told = async (text: string | undefined, options: object = { token: anna }) =>
      node.say({ text: text ?? "", conversation: "c" }, options);
    for (const options of [{ token: anna }, {}])
      for (const text of [words.plain, words.secret]) await told(text, options);
    assert.equal((await told("/forget")).json.data.choices.length, 5);
    assert.equal((await told(yes)).status, 404, "nothing was shown yet");
    const shown = await told(last);
    const { questions, answers } = shown.json.data.counts;
    assert.deepEqual([questions, answers], [1, 2], "the answer before says the same words");
    const done = await told(yes);
    assert.equal(done.json.data.residueBytes, 0, done.text);
    assert.equal((await told(yes)).status, 404, "once");
    assert.equal(
      (await told(conversation)).json.data.counts.questions,
      1,
      "the one before is left",
    );
    await told(yes);
    assert.ok(inUse(traces(node, words)).length > 0, "the caller without a token has said it too");
    assert.deepEqual(
      [(await told(all, { token: program })).status, (await told(all, {})).status],
      [403, 403],
    );
    assert.equal((await told(conversation, {})).json.data.counts.questions, 2);
    assert.deepEqual((await told(no, {})).json.data, { kept: true });
    assert.equal((await told(yes, {})).status, 404, "what was kept is not offered any more");
    const older = (await told(last, {})).json.data;
    const newer = (await told(conversation, {})).json.data;
    assert.equal((await told(`/forget ${older.forgetId}`)).status, 404, "another's");
    await told(`/forget ${newer.forgetId}`, {});
    assert.equal((await told(yes, {})).status, 404, "erased by its id");
    assert.deepEqual(inUse(traces(node, words)), []);
    await told(words.secret);
    assert.equal((await told(all)).json.data.counts.questions, 1);
    await told(yes);
    assert.deepEqual(inUse(traces(node, words)), []);
    assert.equal((await node.verify()).json.clean, true);
  });

test("a run of RECURSIA that is forgotten on its way writes no step afterwards", async () => {
  const words = house.ru;
  // The first answer is wrong, so a second call is under way when the first steps are written, and does not end by itself.
  const endless = { kind: "slow_drip", tokenDelayMs: 60_000 } as const;
  const wrong = [
    { text: /17 \* 23/, times: 1, reply: `It is 400. ${words.secret}` },
    { reply: `It is 391. ${words.secret}`, fault: endless },
  ];
  await using both = await startWithEmulator({ rules: wrong });
  const { node } = both;
  const text = `Calculate 17 * 23. ${words.secret}`;
  const body = { text, conversation: "deep", mode: "recursia" };
  const turn = node.say(body);
  await until("a step", async () => (await node.journal("run.step")).length > 0);
  const shown = await preview(node, { conversation: "deep" });
  assert.equal(shown.underWay, 1);
  const receipt = await ask(node, "/api/v1/memory/forget/confirm", { confirm: shown.forgetId });
  assert.equal(receipt.status, 200, receipt.text);
  assert.equal((await turn).json.code, "cancelled");
  const steps = await node.journal("run.step");
  assert.ok(steps.every(({ payload }) => payload === "erased"));
  assert.deepEqual(inUse(traces(node, words)), []);
});

test("kill -9 while it erases: the next process finishes, and nobody reads it before", async () => {
  const words = house.en;
  await using both = await startWithEmulator({ rules: rules(words) });
  const { node } = both;
  const events = Array.from({ length: 500 }, (_, n) => ({
    specversion: "1.0",
    id: String(n),
    source: "/many",
    type: "a.b",
    data: { text: `${words.secret} ${n} ${"x".repeat(4_000)}` },
  }));
  const headers = { "content-type": "application/cloudevents-batch+json" };
  for (let batch = 0; batch < 6; batch += 1) {
    const body = events.map((event) => ({ ...event, id: `${batch}/${event.id}` }));
    const sent = await node.ask("/api/v1/events", { token: node.owner, body, headers });
    assert.equal(sent.status, 202, sent.text);
  }
  const shown = await preview(node, { source: "/many" });
  assert.equal(shown.counts.events, 3_000);
  const confirmed = ask(node, "/api/v1/memory/forget/confirm", { confirm: shown.forgetId });
  confirmed.catch(() => undefined);
  await until(
    "some of it is erased",
    async () => (await node.journal("journal.erased")).length > 0,
  );
  await node.kill();
  assert.ok(inUse(traces(node, words)).length > 0, "control: it was killed in the middle");
  await node.start();
  const left = await node.journal("a.b");
  assert.ok(left.every(({ payload }) => payload === "erased"));
  await until(
    "it is finished",
    async () => (await node.journal("memory.forgotten")).length === 1,
    30_000,
  );
  assert.deepEqual(inUse(traces(node, words)), []);
  const { json } = await node.verify();
  assert.deepEqual([json.clean, json.erased >= 3_000], [true, true]);
});
