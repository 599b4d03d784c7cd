import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { run } from "./cli-process.ts";
import { NodeProcess } from "./node-process.ts";
import { answersTo } from "./bot-answers.ts";

const answerMsMax = 20_000;

it("lets somebody in by a code made with the command line, across kills, until he is revoked", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({
    rules: [{ reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` }],
    tokenDelayMs: 100,
  });
  const tokenFile = join(process.env["TMPDIR"] ?? "/tmp", `adyton-pair-${telegram.port}`);
  writeFileSync(tokenFile, telegram.token, { mode: 0o600 });
  await using node = await NodeProcess.start({
    backend: model.url,
    config: `telegram: { token_file: ${tokenFile}, owners: [1], api_root: "${telegram.apiRoot}" }\n`,
  });
  const adyton = async (...words: string[]): Promise<string> => {
    const { code, out, errors } = await run([...words, "--home", node.home]);
    assert.equal(code, 0, errors);
    return out;
  };
  const owner = telegram.person({ id: 1 });
  const anna = telegram.person({ id: 7, language: "ru" });
  const stranger = telegram.person({ id: 9 });
  const code = (await adyton("pair", "--name", "anna")).trim();
  for (const text of ["222-222-222", "hello", `${code}!`]) stranger.say(text);
  // Who may speak already is told so, and leaves the code to whom it was made for.
  owner.say(code);
  await telegram.waitUntil(
    () => (answersTo(owner).at(-1)?.text ?? "").startsWith("This code lets somebody else in"),
    answerMsMax,
  );
  assert.ok(!JSON.stringify(model.requests).includes(code), "the model has not seen it");
  anna.say(code);
  await telegram.waitUntil(
    () => /Теперь здесь можно говорить/.test(answersTo(anna).at(-1)?.text ?? ""),
    answerMsMax,
  );
  stranger.say(code);
  anna.say("вопрос");
  // The answer is under way when the process dies; who asked is still known to the next one.
  for (const endMs = Date.now() + answerMsMax; (await node.journal("turn.received")).length < 1;)
    assert.ok(Date.now() < endMs);
  await node.kill();
  await node.start();
  await telegram.waitUntil(() => answersTo(anna).at(-1)?.text === "echo вопрос", answerMsMax);
  anna.say("describe_self");
  await telegram.waitUntil(() => (answersTo(anna).at(-1)?.text ?? "").length > 20, answerMsMax);
  assert.match(await adyton("pair", "list"), /anna +may speak +7 /);
  const usage = JSON.parse(await adyton("usage", "--json"));
  // A row for each day: the test may run at midnight.
  assert.deepEqual(
    new Set(usage.rows.map(({ principal }: { principal: string }) => principal)),
    new Set(["telegram:7"]),
  );
  anna.say("/usage");
  await telegram.waitUntil(
    () => /telegram:7: \d+ message/.test(answersTo(anna).at(-1)?.text ?? ""),
    answerMsMax,
  );
  await adyton("pair", "revoke", "anna");
  const { length } = answersTo(anna);
  anna.say("ещё");
  anna.say(code);
  owner.say("/help");
  await telegram.waitUntil(() => /\/self/.test(answersTo(owner).at(-1)?.text ?? ""), answerMsMax);
  assert.equal(answersTo(anna).length, length, "who is revoked meets silence");
  assert.deepEqual(answersTo(stranger), [], "so does a stranger, whatever he guesses");
  assert.ok(telegram.calls.every(({ values }) => String(values["chat_id"]) !== "9"));
});
