import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Certificate,
  type Rule,
  startOpenAiEmulator,
  startTelegramEmulator,
} from "@adyton/emulators";
import { BotRelayProcess } from "./bot-relay-process.ts";
import { NodeProcess } from "./node-process.ts";

const host = "api.telegram.org";
/** Repeats the question, so that each answer tells whose it is. */
const echo: Rule = { reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` };
const word = "canary-d41e вопрос";

export interface SpoolKillsOptions {
  readonly folder: string;
  readonly certificate: Certificate;
  readonly kills: number;
  readonly questionsPerKill: number;
  /** So many ask in turn; one who asks more than a few at a time is told to wait. */
  readonly people: number;
  readonly waitMsMax: number;
}

export interface SpoolKills {
  readonly questions: number;
  /** Turns the node has begun: one for each question. Each is answered, once and in order. */
  readonly turns: number;
  /** Most sealed records that lay on the relay's disk at a time. */
  readonly spooled: number;
  /** Files in which the questions can be read. */
  readonly readable: number;
}

/**
 * Kills the relay again and again while it spools for a node that is away, then has the node take everything. What the
 * relay is doing when it dies is left to chance: polling, sealing, writing, or telling Telegram what it has.
 */
export async function spoolWhileKilled(options: SpoolKillsOptions): Promise<SpoolKills> {
  const { folder, certificate, kills, questionsPerKill, people: count, waitMsMax } = options;
  const spool = join(folder, "spool");
  await using telegram = await startTelegramEmulator({ tls: certificate });
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using relay = await BotRelayProcess.start(folder, host, telegram, { spool });
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const config = relay.config.replace("allowed_user_ids: [2]", `allowed_user_ids: [${ids.join()}]`);
  await using node = await NodeProcess.start({ backend: model.url, config });
  const people = ids.map((id) => ({ person: telegram.person({ id }), asked: [] as string[] }));
  const isAnswered = (): boolean =>
    people.every(
      ({ person, asked }) =>
        asked.length === 0 || person.answers.some(({ text }) => text === `echo ${asked.at(-1)}`),
    );
  const ask = (number: number): void => {
    const { person, asked } = people[number % people.length] ?? assert.fail("nobody is there");
    asked.push(`${word} ${number}`);
    person.say(asked.at(-1) ?? "");
  };
  ask(0);
  await telegram.waitUntil(isAnswered, waitMsMax);
  await node.kill();

  const questions = kills * questionsPerKill;
  let spooled = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await relay.kill();
    await relay.start();
    for (let number = 1; number <= questionsPerKill; number += 1) {
      ask(kill * questionsPerKill + number);
      await delay(Math.random() * 60);
    }
    spooled = Math.max(spooled, records(spool));
  }
  await until(() => telegram.pending === 0, waitMsMax);
  spooled = Math.max(spooled, records(spool));
  const readable = readableIn(spool);
  writeFileSync(join(folder, "control"), word);
  assert.equal(readableIn(folder), readable + 1, "the control is found");
  await node.start();
  await telegram.waitUntil(isAnswered, waitMsMax);
  await until(() => records(spool) === 0, waitMsMax);
  for (const { person, asked } of people)
    assert.deepEqual(
      person.answers.map(({ text }) => text).filter((text) => text.startsWith("echo")),
      asked.map((text) => `echo ${text}`),
    );
  const turns = (await node.journal("turn.received")).length - 1;
  return { questions, turns, spooled, readable };
}

/** Files in which a question can be read. */
function readableIn(folder: string): number {
  // Where nothing is found, grep ends with a status of its own.
  const script = 'grep -rlE "canary-d41e|вопрос" "$1" || true';
  const found = execFileSync("sh", ["-c", script, "sh", folder], { encoding: "utf8" });
  return found.split("\n").filter((line) => line !== "").length;
}

const records = (folder: string): number =>
  readdirSync(folder).filter((name) => name.endsWith(".age")).length;

async function until(isSo: () => boolean, msMax: number): Promise<void> {
  const endMs = performance.now() + msMax;
  while (!isSo()) {
    assert.ok(performance.now() < endMs, "it does not come");
    await delay(20);
  }
}
