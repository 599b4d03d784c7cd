import assert from "node:assert/strict";
import { test } from "node:test";
import { chatsOf, startWithEmulator } from "./node-process.ts";

const rules = [{ reply: "Understood, понял." }];

test("/new leaves the model without what was said before, and /stop ends what runs", async () => {
  const started = Promise.withResolvers<void>();
  const endless = () => (started.resolve(), new Promise<string>(() => undefined));
  await using both = await startWithEmulator({
    rules: [{ text: /endless/, reply: endless }, ...rules],
  });
  const { node, emulator } = both;
  const conversation = "беседа";
  await node.say({ text: "remember 4711", conversation });
  await node.say({ text: "and?", conversation });
  assert.equal(chatsOf(emulator).at(-1)?.length, 4, "system, a turn, the question");
  const fresh = await node.say({ text: "/new", conversation });
  assert.equal(fresh.json.data.forgottenTurns, 2);
  await node.say({ text: "what was it?", conversation });
  assert.equal(chatsOf(emulator).at(-1)?.length, 2, "system and the question alone");
  assert.doesNotMatch(JSON.stringify(chatsOf(emulator).at(-1)), /4711/);

  const running = node.say({ text: "endless", conversation });
  await started.promise;
  const waiting = node.say({ text: "behind it", conversation });
  const stopped = await node.say({ text: "/stop", conversation });
  const ids = stopped.json.data.cancelled;
  assert.ok(ids.length >= 1, "what runs is cancelled");
  assert.equal((await running).json.code, "cancelled");
  const second = await waiting;
  assert.ok(ids.length === 1 || second.json.code === "cancelled");
  const none = await node.say({ text: "/stop", conversation });
  assert.deepEqual(none.json.data.cancelled, []);
});

test("a switched mode ends by itself after its turns, and can be reverted", async () => {
  await using both = await startWithEmulator({ rules });
  const { node } = both;
  const conversation = "modes";
  const command = (name: string, args: object = {}) =>
    node.ask("/api/v1/command", { token: node.owner, body: { command: name, args, conversation } });
  const modeOf = async (text = "как дела?") => (await node.say({ text, conversation })).json.mode;

  const switched = await command("SWITCH_MODE", {
    mode: "extractive",
    lifetime: { turns: 2, seconds: 60 },
  });
  assert.equal(switched.status, 200, switched.text);
  assert.equal(switched.json.data.previous, "DIRECT");
  assert.equal(switched.json.data.expires.turnsLeft, 2);
  assert.deepEqual(
    [await modeOf(), await modeOf(), await modeOf()],
    ["EXTRACTIVE", "EXTRACTIVE", "DIRECT"],
  );

  await node.say({ text: "/command switch_mode EXTRACTIVE", conversation });
  assert.equal(await modeOf(), "EXTRACTIVE");
  const restored = await node.say({ text: "/command restore_mode", conversation });
  assert.equal(restored.json.data.mode, "DIRECT");
  assert.equal(await modeOf(), "DIRECT");

  const once = await node.say({ text: "hi", conversation, mode: "Extractive" });
  assert.equal(once.json.mode, "EXTRACTIVE", "a mode for one turn");
  assert.equal(await modeOf(), "DIRECT");

  await command("switch_mode", { mode: "EXTRACTIVE" });
  await node.restart();
  assert.equal(await modeOf(), "EXTRACTIVE", "a mode survives a restart");
});

test("an unknown mode is refused with the list, and nothing changes", async () => {
  await using both = await startWithEmulator({ rules });
  const { node, emulator } = both;
  const conversation = "unknown";
  await node.say({ text: "first", conversation });
  const before = (await node.journal()).filter(({ type }) => !type.startsWith("memory."));
  const asked = chatsOf(emulator).length;
  const body = { command: "switch_mode", args: { mode: "RECURSIVE" }, conversation };
  const refusals = [
    await node.say({ text: "hello", conversation, mode: "RECURSIVE" }),
    await node.say({ text: "/command switch_mode RECURSIVE", conversation }),
    await node.ask("/api/v1/command", { token: node.owner, body }),
  ];
  for (const refused of refusals) {
    assert.equal(refused.status, 422, refused.text);
    assert.equal(refused.json.code, "unknown_mode");
    for (const mode of ["RECURSIVE", "DIRECT", "EXTRACTIVE"])
      assert.ok(refused.json.detail.includes(mode));
  }
  const after = (await node.journal()).filter(({ type }) => !type.startsWith("memory."));
  assert.deepEqual(after, before);
  assert.equal(chatsOf(emulator).length, asked);
  const mode = await node.say({ text: "/mode", conversation });
  assert.equal(mode.json.data.scope, "default");
});

test("an inserted intent stands after the core prompt until it is over or removed", async () => {
  await using both = await startWithEmulator({ rules });
  const { node, emulator } = both;
  const token = node.owner;
  const conversation = "intents";
  const systemText = async (): Promise<string> => {
    await node.say({ text: "go on", conversation });
    const [system] = chatsOf(emulator).at(-1) ?? [];
    assert.equal(system?.role, "system");
    return system?.content ?? "";
  };
  const insert = (text: string, turns: number) =>
    node.ask("/api/v1/prompt", {
      token,
      body: { text, conversation, lifetime: { turns, seconds: 60 } },
    });
  const core = await systemText();
  const short = await insert("Отвечай стихами.", 1);
  assert.equal(short.status, 200, short.text);
  const long = await insert("Answer in verse.", 5);
  const both2 = await systemText();
  assert.ok(both2.startsWith(core), "the core prompt is untouched and comes first");
  assert.match(both2.slice(core.length), /Отвечай стихами\.[^]*Answer in verse\./);
  const one = await systemText();
  assert.doesNotMatch(one, /стихами/, "its turn is over");
  assert.match(one, /Answer in verse\./);
  const path = `/api/v1/prompt/${long.json.overlayId}`;
  const stranger = await node.ask(path, { method: "DELETE" });
  assert.equal(stranger.status, 404, "nobody else removes it");
  assert.equal((await node.ask(path, { token, method: "DELETE" })).status, 200);
  assert.equal((await node.ask(path, { token, method: "DELETE" })).status, 404);
  assert.equal(await systemText(), core);
  await node.say({ text: '/prompt "Only in Latin."', conversation });
  assert.match(await systemText(), /Only in Latin\./);
  await node.say({ text: "elsewhere", conversation: "another" });
  assert.doesNotMatch(JSON.stringify(chatsOf(emulator).at(-1)), /Only in Latin/);
});

test("a small window drops the oldest turns and says so; the core prompt and the question stay", async () => {
  const long = "слово word ".repeat(20);
  await using both = await startWithEmulator({
    rules: [{ reply: long }],
    models: [{ id: "small", contextTokens: 600, kind: "chat" }],
    flavour: "vllm",
  });
  const { node, emulator } = both;
  const conversation = "window";
  let last = await node.say({ text: `${long} 0`, conversation });
  for (let index = 1; index <= 6; index += 1) {
    last = await node.say({ text: `${long} ${index}`, conversation });
    assert.equal(last.status, 200, last.text);
  }
  assert.ok(last.json.historyDropped >= 2, last.text);
  const messages = chatsOf(emulator).at(-1) ?? [];
  assert.equal(messages[0]?.role, "system");
  assert.equal(messages.at(-1)?.content, `${long} 6`);
  assert.equal(messages[1]?.role, "user", "no answer stands without its question");
  assert.equal(messages.length - 2 + last.json.historyDropped, 12);
  const tooLong = await node.say({ text: long.repeat(10), conversation });
  assert.equal(tooLong.status, 413, tooLong.text);
  assert.match(tooLong.json.detail, /window/);
});

test("describe_self says the same as a message and as a route, to each caller its own", async () => {
  await using both = await startWithEmulator({ rules });
  const { node, emulator } = both;
  await node.say({ text: "hello" });
  const compare = async (token: string | undefined): Promise<Record<string, unknown>> => {
    const routed = await node.ask("/api/v1/self", { token });
    const said = await node.say({ text: " Describe_Self\n" }, { token });
    assert.deepEqual(said.json.data, routed.json);
    assert.deepEqual(Object.keys(said.json).includes("text"), true);
    return routed.json as Record<string, unknown>;
  };
  const asked = chatsOf(emulator).length;
  // Memory learns the manual in the background; what is compared below must stand still.
  await node.restart();
  const own = JSON.stringify(await compare(node.owner));
  const foreign = JSON.stringify(await compare(undefined));
  assert.match(own, /"address":/);
  assert.match(own, /Nothing said here leaves it/, "the owner sees the core prompt");
  assert.doesNotMatch(foreign, /"address":|Nothing said here leaves it|127\.0\.0\.1/);
  assert.equal(chatsOf(emulator).length, asked, "no model call");
  const speech = await node.say({ text: "what does describe_self do?" });
  assert.equal(speech.json.answeredBy, "model", "the word inside a sentence is speech");
  await emulator[Symbol.asyncDispose]();
  await compare(node.owner);
  await compare(undefined);
});
