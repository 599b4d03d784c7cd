import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startTelegramEmulator, type TelegramEmulator } from "@adyton/emulators";
import { Child } from "./child.ts";
import { type BenchOptions, type Figure, percentile } from "./figure.ts";
import { NodeUnderTest, Upstream } from "./under-test.ts";

// How long a person in a messenger waits for the first sign of life and for the answer, with a model that answers at
// once: of a node, which writes question, answer and delivery to disk, and of a bot that keeps nothing. Both speak to
// the same kind of server, one message at a time, in turn.

const people = 20;
const echoScript = "../packages/core/test/echo-bot.ts";
/** What a bot's call shows to the person. */
const signs = new Set(["sendChatAction", "sendMessage", "sendMessageDraft", "editMessageText"]);
const answerMsMax = 20_000;
/** What a bot still does behind an answer is over by then. */
const betweenMs = 5;

interface Waits {
  readonly firstMs: number[];
  readonly answerMs: number[];
}

export async function telegram({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  await using stack = new AsyncDisposableStack();
  const [ours, theirs] = [
    stack.use(await startTelegramEmulator({ recordedCallsMax: 10 })),
    stack.use(await startTelegramEmulator({ recordedCallsMax: 10 })),
  ];
  const upstream = stack.use(await Upstream.start());
  stack.use(await NodeUnderTest.start(homeWith(folder, ours), upstream.port));
  const echo = stack.use(Child.fork(echoScript, [theirs.apiRoot, theirs.token]));
  await echo.line(/listening/);

  const node: Waits = { firstMs: [], answerMs: [] };
  const plain: Waits = { firstMs: [], answerMs: [] };
  const perRound = quick ? 5 : 50;
  await converse(ours, perRound, { firstMs: [], answerMs: [] });
  await converse(theirs, perRound, { firstMs: [], answerMs: [] });
  for (let round = 0; round < (quick ? 1 : 7); round += 1) {
    await converse(ours, perRound, node);
    await converse(theirs, perRound, plain);
  }
  return figures(node, plain);
}

function homeWith(folder: string, { apiRoot, token }: TelegramEmulator): string {
  const file = join(folder, "telegram.token");
  writeFileSync(file, token, { mode: 0o600 });
  const ids = Array.from({ length: people }, (_, id) => id + 1).join(", ");
  const config = `telegram:\n  token_file: ${file}\n  allowed_user_ids: [${ids}]\n  api_root: ${apiRoot}\n`;
  writeFileSync(join(folder, "adyton.yaml"), config, { mode: 0o600 });
  return folder;
}

/** Says one thing after the other, each by another person, and notes the waits. */
async function converse(server: TelegramEmulator, count: number, waits: Waits): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const person = server.person({ id: 1 + (at % people) });
    const said = person.answers.length;
    const seen = server.callsSeen;
    const sentMs = performance.now();
    const text = `What does a vault keep, and who was there before me? ${at}`;
    person.say(text);
    const isSign = (): boolean =>
      server.calls.slice(seen - server.callsSeen).some(({ method }) => signs.has(method));
    await server.waitUntil(() => server.callsSeen > seen && isSign(), answerMsMax);
    waits.firstMs.push(performance.now() - sentMs);
    const isAnswered = (): boolean =>
      person.answers
        .slice(said)
        .some((answer) => /^(?:A|What does a) vault keep/.test(answer.text));
    await server.waitUntil(isAnswered, answerMsMax);
    waits.answerMs.push(performance.now() - sentMs);
    await delay(betweenMs);
  }
}

function figures(node: Waits, plain: Waits): Figure[] {
  const note = `${node.firstMs.length} messages, one at a time, of ${people} people`;
  return ([0.5, 0.99] as const).flatMap((share) => {
    const echo = percentile(plain.answerMs, share);
    const against = { ratio: Number.NaN, ratioOf: "a bot that echoes", unit: "ms", note };
    const which = `p${share * 100}`;
    const [first, answer] = [percentile(node.firstMs, share), percentile(node.answerMs, share)];
    return [
      { figure: `update to first sign, ${which}`, ...against, value: first, ratio: first / echo },
      { figure: `update to answer, ${which}`, ...against, value: answer, ratio: answer / echo },
      { figure: `a bot that echoes, ${which}`, value: echo, unit: "ms", note },
    ];
  });
}
