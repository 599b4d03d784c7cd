import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { conversationQueueMax, switchModePerMinuteMax } from "@adyton/protocol";
import { type EmulatedPerson, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { NodeProcess, until } from "./node-process.ts";
import { answersTo } from "./bot-answers.ts";

// What one person may use holds in the messenger as everywhere: it is counted by the messenger's numeric id.

const waitMsMax = 20_000;

/** What the bot has said to somebody, without messages that have no content. */
const said = (person: EmulatedPerson): readonly string[] =>
  answersTo(person)
    .map(({ text }) => text)
    .filter((text) => text !== "…" && text !== "");

it("holds the rates and queues of each person, and shows what he used", async (t) => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ firstTokenDelayMs: 200 });
  const token = join(process.env["TMPDIR"] ?? "/tmp", `adyton-token-${telegram.port}`);
  writeFileSync(token, telegram.token, { mode: 0o600 });
  const lines = ["telegram:", `  token_file: ${token}`, "  owners: [1]", "  allowed_user_ids: [2]"];
  const config = [...lines, `  api_root: ${telegram.apiRoot}`];
  await using node = await NodeProcess.start({
    backend: model.url,
    config: `${config.join("\n")}\n`,
  });
  const owner = telegram.person({ id: 1 });
  const member = telegram.person({ id: 2 });
  const answered = (person: EmulatedPerson, count: number): Promise<true> =>
    until(`${count} answers`, () => said(person).length >= count, waitMsMax);

  // The rate of a command.
  for (let time = 0; time <= switchModePerMinuteMax; time += 1)
    member.say("/command switch_mode DIRECT");
  await answered(member, switchModePerMinuteMax + 1);
  const tooOften = new RegExp(`may be used ${switchModePerMinuteMax} times`, "u");
  assert.equal(said(member).filter((text) => tooOften.test(text)).length, 1);
  owner.say("/command switch_mode DIRECT");
  await answered(owner, 1);
  assert.doesNotMatch(said(owner)[0] ?? "", tooOften, "another person's rate is another's");

  // The queue of a conversation: one is answered, so many wait, the rest is refused in words.
  const before = said(member).length;
  const over = 3;
  const questions = 1 + conversationQueueMax + over;
  for (let number = 0; number < questions; number += 1) member.say(`question ${number}`);
  await answered(member, before + questions);
  const busy = said(member)
    .slice(before)
    .filter((text) => /wait/iu.test(text));
  assert.ok(busy.length >= 1 && busy.length <= over, said(member).slice(before).join(" | "));

  // What was used is shown: to everybody his own, to the owner all.
  const rowsOf = async (person: EmulatedPerson): Promise<readonly string[]> => {
    const count = said(person).length;
    person.say("/usage");
    await answered(person, count + 1);
    return [
      ...new Set(
        said(person)
          .join(" ")
          .match(/telegram:\d+/gu),
      ),
    ].toSorted();
  };
  assert.deepEqual(await rowsOf(member), ["telegram:2"]);
  const count = said(owner).length;
  owner.say("hello");
  await answered(owner, count + 1);
  assert.deepEqual(await rowsOf(owner), ["telegram:1", "telegram:2"]);
  const { json } = await node.ask("/api/v1/usage", { token: node.owner });
  const row = json.rows.find(({ principal }: { principal: string }) => principal === "telegram:2");
  t.diagnostic(JSON.stringify(json.rows));
  assert.equal(row.messages, questions - busy.length);
});
