import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { type Rule, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { startBot } from "./bot-node.ts";
import { until } from "./node-process.ts";

const waitMsMax = 20_000;

it("sends nothing that is owed to a group, or a person, that the configuration names no longer", async () => {
  const echo: Rule = { reply: ({ lastUserText }) => `echo ${lastUserText}` };
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using node = await startBot(telegram, model);
  const [owner, member] = [1, 2].map((id) => telegram.person({ id }));
  assert.ok(owner !== undefined && member !== undefined);
  const group = telegram.group({ id: -5, title: "G" });
  telegram.setFaults([{ kind: "status", status: 500, methods: ["sendMessage"] }]);
  owner.say("мой вопрос");
  member.say("and mine");
  owner.say("@adyton_bot and ours", { chat: group });
  const owed = async (): Promise<number> => (await node.journal("delivery.opened")).length;
  await until("all are owed an answer", async () => (await owed()) === 3, waitMsMax);
  await node.kill();
  telegram.setFaults([]);

  const file = join(node.home, "adyton.yaml");
  const config = readFileSync(file, "utf8");
  const less = config.replace("allowed_user_ids: [2]", "allowed_user_ids: []");
  writeFileSync(file, less.replace("groups: [-5]", "groups: []"));
  await node.start("configured");
  await telegram.waitUntil(() => owner.answers.at(-1)?.text === "echo мой вопрос", waitMsMax);
  const closed = await until(
    "nothing is owed",
    async () => {
      const records = await node.journal("delivery.closed");
      return records.length === 3 && records.map(({ facts }) => String(facts.outcome));
    },
    waitMsMax,
  );
  assert.deepEqual(
    ["not_admitted", "delivered"].map(
      (outcome) => closed.filter((each) => each === outcome).length,
    ),
    [2, 1],
  );
  const again = telegram.calls.findLastIndex(({ method }) => method === "getMe");
  const told = telegram.calls
    .slice(again)
    .flatMap(({ values }) => ("chat_id" in values ? [String(values["chat_id"])] : []));
  assert.deepEqual([...new Set(told)], ["1"], "there alone");
});
