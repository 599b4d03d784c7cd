import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { type Rule, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { NodeProcess, until } from "./node-process.ts";

// Of no form that is known for a token: only who is told of them can find them.
const former = "former-kettle-4471";
const changed = "changed-kettle-5582";
const echo: Rule = { reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` };
const waitMsMax = 20_000;

it("gives no token away that was changed while the node runs, nor the one before", async () => {
  await using stack = new AsyncDisposableStack();
  const telegram = stack.use(await startTelegramEmulator({ token: former }));
  const model = stack.use(await startOpenAiEmulator({ rules: [echo] }));
  const file = join(process.env["TMPDIR"] ?? "/tmp", `adyton-changed-${telegram.port}`);
  stack.defer(() => rmSync(file));
  writeFileSync(file, former, { mode: 0o600 });
  const config = `telegram:\n  token_file: ${file}\n  owners: [1]\n  api_root: ${telegram.apiRoot}\n`;
  const node = stack.use(await NodeProcess.start({ backend: model.url, config, language: "ru" }));
  const answer = async (): Promise<string> => {
    const { json } = await node.say({ text: `прежний ${former}, новый ${changed}` });
    return json.text;
  };
  assert.equal(await answer(), `echo прежний [секрет убран], новый ${changed}`, "the control");

  writeFileSync(file, changed);
  telegram.setToken(changed);
  telegram.breakConnections();
  const wanted = "echo прежний [секрет убран], новый [секрет убран]";
  await until("the new token is read", async () => (await answer()) === wanted, waitMsMax);
});
