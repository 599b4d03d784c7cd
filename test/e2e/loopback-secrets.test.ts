import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { type Rule, startOpenAiEmulator } from "@adyton/emulators";
import { Lines, RawWebSocket } from "./message-socket.ts";
import { NodeProcess } from "./node-process.ts";

const echo: Rule = { reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` };
const mark = "[секрет убран]";
const key = "k9f-Model-Key-77aa21";
const token = `ghp_${"a1B2".repeat(9)}`;
/** What tells of the machine is no secret to programs on it. */
const kept = "127.0.0.53 /root/.bashrc https://a.example/?q=1 ![x](https://a.example/1)";
const asked = `ключ ${key}, токен ${token}; ${kept}`;
const wanted = `echo ключ ${mark}, токен ${mark}; ${kept}`;

it("gives no secret to a program either, whichever way it asks, and everything else as it is", async () => {
  using stack = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "adyton-secrets-"));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "model.key");
  writeFileSync(file, key, { mode: 0o600 });
  await using model = await startOpenAiEmulator({ rules: [echo], apiKey: key });
  const config = `backends:\n  - url: ${model.url}\n    api_key_file: ${file}\n`;
  await using node = await NodeProcess.start({ backend: "configured", config, language: "ru" });

  const [answer, own] = [await node.say({ text: asked }), await node.say({ text: node.owner })];
  assert.equal(answer.json.text, wanted);
  assert.equal(own.json.text, `echo ${mark}`);

  let streamed = "";
  const stream = node.stream("/api/v1/message", {
    token: node.owner,
    body: { text: asked, stream: true },
  });
  for await (const { event, data } of stream) if (event === "delta") streamed += data.text;
  assert.equal(streamed, wanted);

  const body = { model: "adyton", messages: [{ role: "user", content: asked }] };
  const chat = await node.ask("/v1/chat/completions", { token: node.owner, body });
  assert.equal(chat.json.choices[0].message.content, wanted);
  const deltas = await node.ask("/v1/chat/completions", {
    token: node.owner,
    body: { ...body, stream: true },
  });
  const said = [...deltas.text.matchAll(/^data: (\{.*\})$/gmu)]
    .map(([, data = "{}"]) => String(JSON.parse(data).choices[0]?.delta.content ?? ""))
    .join("");
  assert.equal(said, wanted);

  using lines = new Lines({ path: join(node.home, "adyton.sock") });
  using socket = await RawWebSocket.open({ port: node.port, token: node.owner });
  for (const each of [lines, socket]) {
    each.tell({ type: "message", id: "1", text: asked });
    assert.equal((await each.answer("1"))["data"].text, wanted);
  }

  const records = await node.journal("exit.redacted");
  assert.deepEqual(
    records.map(({ facts }) => [facts.delivery, facts.removed.secret]),
    [2, 1, 2, 2, 2, 2, 2].map((secrets) => [null, secrets]),
  );
  assert.equal(records[0]?.["facts"].run, answer.json.id);
  const answers = JSON.stringify(await node.journal("turn.answered"));
  assert.ok(!answers.includes(key) && !answers.includes(token));
  assert.ok(JSON.stringify(await node.journal("turn.received")).includes(key), "the control");
  const { text: metrics } = await node.ask("/metrics", { token: node.owner });
  assert.match(metrics, /^adyton_exit_redacted_total\{kind="secret"\} 13$/mu);
  assert.ok(!readFileSync(join(node.home, "adyton.log"), "utf8").includes(key));
});
