import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { conversationQueueMax, switchModePerMinuteMax } from "@adyton/protocol";
import { type EmulatedPerson, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { NodeProcess, until } from "./node-process.ts";

// What one person may use holds in the messenger as everywhere: it is counted by the messenger's numeric id.

const waitMsMax = 20_000;
const tokensPerDay = 3_000;

/** What the bot has said to somebody, without messages that have no content. */
const said = ({ answers }: EmulatedPerson): readonly string[] =>
  answers.map(({ text }) => text).filter((text) => text !== "…" && text !== "");

it("holds rates, queues and the day's tokens of each person, and shows them", async (t) => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ firstTokenDelayMs: 200 });
  const token = join(process.env["TMPDIR"] ?? "/tmp", `adyton-token-${telegram.port}`);
  writeFileSync(token, telegram.token, { mode: 0o600 });
  const lines = ["telegram:", `  token_file: ${token}`, "  owners: [1]", "  allowed_user_ids: [2]"];
  const config = [
    ...lines,
    `  api_root: ${telegram.apiRoot}`,
    "recursia:",
    `  tokens_per_day: ${tokensPerDay}`,
  ];
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

  // The day's tokens: whoever has used them up is answered without rethinking.
  const callsFor = async (person: EmulatedPerson, text: string): Promise<number> => {
    const calls = model.requests.length;
    const count = said(person).length;
    person.say(text);
    await answered(person, count + 1);
    return model.requests.length - calls;
  };
  assert.equal(await callsFor(member, "/rethink"), 0, "the member's tokens are used up");
  await callsFor(owner, "What is 17 times 23?");
  assert.ok((await callsFor(owner, "/rethink")) > 0, "the control: the owner's are not");

  // What was used is shown: to everybody his own, to the owner all.
  const rowsOf = async (person: EmulatedPerson): Promise<readonly string[]> => {
    await callsFor(person, "/usage");
    return [...new Set((said(person).at(-1) ?? "").match(/telegram:\d+/gu))].toSorted();
  };
  assert.deepEqual(await rowsOf(member), ["telegram:2"]);
  assert.deepEqual(await rowsOf(owner), ["telegram:1", "telegram:2"]);
  const { json } = await node.ask("/api/v1/usage", { token: node.owner });
  const row = json.rows.find(({ principal }: { principal: string }) => principal === "telegram:2");
  t.diagnostic(JSON.stringify(json.rows));
  assert.equal(row.messages, questions - busy.length + 1, "the rethinking that was refused counts");
});
