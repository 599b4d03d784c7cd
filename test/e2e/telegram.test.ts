import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Rule, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { startBot } from "./bot-node.ts";
import { answersTo, withoutRemarks } from "./bot-answers.ts";

const answerMsMax = 20_000;

/** Repeats the question, so that each answer tells whose it is. */
const echo: Rule = { reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` };

describe("the bot", () => {
  it("answers whom it knows, commands too, and is silent towards everybody else", async () => {
    await using telegram = await startTelegramEmulator();
    await using model = await startOpenAiEmulator({ rules: [echo] });
    await using node = await startBot(telegram, model);
    const owner = telegram.person({ id: 1 });
    const stranger = telegram.person({ id: 9 });
    stranger.say("let me in");
    owner.say("hello");
    await telegram.waitUntil(() => answersTo(owner).at(-1)?.text === "echo hello", answerMsMax);
    assert.deepEqual(
      answersTo(owner).map(({ text, former }) => [text, former]),
      [["echo hello", ["…"]]],
    );
    owner.say("/help");
    await telegram.waitUntil(() => /\/self/.test(answersTo(owner).at(-1)?.text ?? ""), answerMsMax);
    assert.equal(telegram.pending, 0, "what was taken is confirmed");
    assert.ok(
      telegram.calls.some(
        ({ method, values }) => method === "setMyCommands" && values["language_code"] === "ru",
      ),
    );
    owner.say("**bold**");
    await telegram.waitUntil(() => answersTo(owner).at(-1)?.text === "echo bold", answerMsMax);
    assert.deepEqual(answersTo(owner).at(-1)?.entities, [{ type: "bold", offset: 5, length: 4 }]);
    assert.deepEqual(answersTo(stranger), []);
    const toStranger = telegram.calls.filter(({ values }) => String(values["chat_id"]) === "9");
    assert.deepEqual(toStranger, []);
    assert.equal(model.requests.filter(({ endpoint }) => endpoint === "chat").length, 2);
    const sends = telegram.calls.filter(({ method }) =>
      /^(?:sendMessage|editMessageText)$/.test(method),
    );
    assert.ok(sends.length >= 4);
    for (const { values } of sends)
      assert.deepEqual(values["link_preview_options"], { is_disabled: true });
    const health = await node.ask("/api/v1/health");
    assert.equal(health.json.ready, true);
  });
});

it("tells its owner of a group that has another number now, and of nobody else's", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using node = await startBot(telegram, model);
  const owner = telegram.person({ id: 1 });
  for (const chat of [-6, -5])
    for (let times = 0; times < 2; times += 1)
      telegram.push("message", {
        message_id: 1,
        date: 1,
        chat: { id: chat, type: "group", title: "g" },
        from: { id: 9, is_bot: false, first_name: "Stranger" },
        migrate_to_chat_id: -1_000_000_000_000 + chat,
      });
  owner.say("hello");
  await telegram.waitUntil(() => answersTo(owner).at(-1)?.text === "echo hello", answerMsMax);
  const [told, ...more] = answersTo(owner).map(({ text }) => text);
  assert.match(told ?? "", /group -5 .* number is -1000000000005\..* in place of -5 /);
  assert.deepEqual(more, ["echo hello"]);
  assert.equal(telegram.pending, 0);
  assert.equal(node.exitCode, null);
});

it("answers a group out of what is shared alone, also to the owner", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using node = await startBot(telegram, model);
  const text = "The vrelkobast lies behind the third stone of the quonderfin.";
  const body = { title: "Cellar", source: "cellar.md", text };
  const added = await node.ask("/api/v1/memory/documents", { token: node.owner, body });
  assert.equal(added.status, 201, added.text);
  const owner = telegram.person({ id: 1 });
  const chat = telegram.group({ id: -5 });
  const answersIn = (id: number) =>
    withoutRemarks(telegram.messages(id).filter(({ isBots }) => isBots));
  const askIn = async (id: number, question: string) => {
    const before = answersIn(id).length;
    owner.say(id < 0 ? `@adyton_bot ${question}` : question, id < 0 ? { chat } : {});
    const answered = () =>
      answersIn(id)
        .slice(before)
        .find((each) => each.text !== "…");
    await telegram.waitUntil(() => answered() !== undefined, answerMsMax);
    return answered()?.text ?? "";
  };
  for (const id of [1, -5]) await askIn(id, "/command switch_mode EXTRACTIVE");
  assert.match(await askIn(1, "Where does the vrelkobast lie?"), /third stone/, "control");
  assert.doesNotMatch(await askIn(-5, "Where does the vrelkobast lie?"), /third stone/);
});

it("loses and doubles nothing while the node is killed and a fifth of the replies are lost", async () => {
  await using telegram = await startTelegramEmulator({ recordedCallsMax: 10 });
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using node = await startBot(telegram, model);
  telegram.setFaults([
    { kind: "lost_reply", methods: ["sendMessage", "editMessageText"], share: 0.2 },
    { kind: "cut", afterBytes: 90, methods: ["getUpdates"], share: 0.1 },
    { kind: "status", status: 429, retryAfterS: 1, methods: ["sendMessage"], share: 0.05 },
  ]);
  const people = [telegram.person({ id: 1 }), telegram.person({ id: 2 })];
  const rounds = 6;
  for (let round = 0; round < rounds; round += 1) {
    for (const person of people) person.say(`question ${round}`);
    await new Promise((resolve) => setTimeout(resolve, 137 * round));
    await node.kill();
    await node.start();
  }
  const wanted = Array.from({ length: rounds }, (_, round) => `echo question ${round}`);
  const last = wanted.at(-1);
  await telegram.waitUntil(
    () => people.every((person) => answersTo(person).some(({ text }) => text === last)),
    60_000,
  );
  for (const person of people) {
    const texts = answersTo(person).map(({ text }) => text);
    assert.deepEqual(
      texts.filter((text) => text !== "…"),
      wanted,
    );
  }
  const asked = await node.journal("turn.received");
  assert.equal(asked.length, rounds * people.length, "each was taken once");
});

it("knows updates that come again, answered, failed or not, and goes on behind them", async () => {
  await using telegram = await startTelegramEmulator();
  const failing: Rule = { text: /^fail/u, reply: "", fault: { kind: "status", status: 400 } };
  await using model = await startOpenAiEmulator({ rules: [failing, echo] });
  await using node = await startBot(telegram, model);
  const person = telegram.person({ id: 2 });
  const texts = () => answersTo(person).map(({ text }) => text);
  person.say("fail");
  person.say("привет");
  person.say("/help");
  await telegram.waitUntil(() => /\/self/.test(texts().at(-1) ?? ""), answerMsMax);
  await telegram.waitUntil(() => telegram.pending === 0, answerMsMax);
  const before = texts();
  await node.kill();
  assert.equal(telegram.repeatUpdates(3), 3);
  person.say("next");
  await node.start();
  // An update that cannot be taken is tried for ten seconds, and holds back what is behind it.
  await telegram.waitUntil(() => texts().at(-1) === "echo next", answerMsMax);
  assert.deepEqual(texts(), [...before, "echo next"]);
  assert.equal((await node.journal("turn.failed")).length, 1);
  assert.equal((await node.journal("turn.received")).length, 3);
});

it("answers more topics at once than one person may follow runs", async () => {
  await using telegram = await startTelegramEmulator();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const held: Rule = {
    reply: async ({ messages }) => {
      await released;
      return `echo ${messages.at(-1)?.text ?? ""}`;
    },
  };
  await using model = await startOpenAiEmulator({ rules: [held] });
  await using node = await startBot(telegram, model);
  const person = telegram.person({ id: 2 });
  const chat = telegram.group({ id: -5 });
  const topics = Array.from({ length: 70 }, (_, at) => at + 2);
  for (const thread of topics) person.say(`@adyton_bot topic ${thread}`, { chat, thread });
  const answers = () => withoutRemarks(telegram.messages(-5).filter(({ isBots }) => isBots));
  await telegram.waitUntil(() => answers().length === topics.length, answerMsMax);
  release();
  await telegram.waitUntil(() => answers().every(({ text }) => text !== "…"), answerMsMax);
  assert.deepEqual(
    new Set(answers().map(({ text, thread }) => `${text} in ${thread}`)),
    new Set(topics.map((thread) => `echo topic ${thread} in ${thread}`)),
  );
  assert.equal((await node.journal("turn.answered")).length, topics.length);
});

it("sends nothing that tells where it runs, and writes down what it took out", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using node = await startBot(telegram, model, { language: "ru" });
  const owner = telegram.person({ id: 1 });
  const key = `ghp_${"a1B2".repeat(9)}`;
  owner.say(`файлы в ${node.home}/journal.db, ключ ${key}, адрес 192.0.2.1`);
  const wanted = "echo файлы в [путь убран], ключ [секрет убран], адрес 192.0.2.1";
  await telegram.waitUntil(() => answersTo(owner).at(-1)?.text === wanted, answerMsMax);
  // Commands answer through the same door: the owner's report on the node names its model server and its folder.
  owner.say("/describe_self");
  await telegram.waitUntil(
    () => answersTo(owner).at(-1)?.text.includes("adyton") === true,
    answerMsMax,
  );
  const sent = JSON.stringify(telegram.calls);
  assert.ok(!sent.includes(key) && !sent.includes(node.home));
  const [ofAnswer, ofReply] = await node.journal("exit.redacted");
  assert.deepEqual(ofAnswer?.["facts"].removed, { secret: 1 });
  assert.deepEqual(ofReply?.["facts"].removed, { path: 1 });
});

for (const command of ['/resonance "sing"', "/pulse"])
  it(`hears everybody while a command asks the model, and stops in the midst of it: ${command}`, async () => {
    await using telegram = await startTelegramEmulator();
    const hello: Rule = { text: /^hello$/u, reply: "hi" };
    const silent: Rule = { reply: "-", fault: { kind: "timeout" } };
    await using model = await startOpenAiEmulator({ rules: [hello, silent] });
    await using node = await startBot(telegram, model);
    const [owner, other] = [telegram.person({ id: 1 }), telegram.person({ id: 2 })];
    owner.say(command);
    await model.waitForRequests(1, { timeoutMs: answerMsMax, endpoint: "chat" });
    other.say("hello");
    await telegram.waitUntil(() => answersTo(other).at(-1)?.text === "hi", answerMsMax);
    assert.deepEqual(await node.stop(), 0);
  });
