import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type EmulatedPerson, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { answersTo } from "./bot-answers.ts";
import { startBot } from "./bot-node.ts";

const answerMsMax = 60_000;

/** What looks like a copy of the journal: whoever reads it is held up until this is disposed, which waits for a reader. */
function slowCopy(home: string): AsyncDisposable {
  const file = join(home, "journal.db.slow");
  execFileSync("mkfifo", [file]);
  const release = async (): Promise<void> => {
    for (;;)
      try {
        // A pipe is opened for writing once it has a reader.
        closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
        return;
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENXIO")) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
  };
  return { [Symbol.asyncDispose]: release };
}

it("hears everybody while somebody's words are being forgotten, by a word or a button", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [{ reply: "hi" }] });
  await using node = await startBot(telegram, model);
  const [owner, other] = [telegram.person({ id: 1 }), telegram.person({ id: 2 })];
  const waitFor = (holds: () => boolean): Promise<void> => telegram.waitUntil(holds, answerMsMax);
  const last = (who = owner): string => who.answers.at(-1)?.text ?? "";
  for (const [done, by] of ["word", "button"].entries()) {
    owner.say("hello");
    await waitFor(() => last() === "hi");
    owner.say("/forget last");
    await waitFor(() => last().includes("questions: 1"));
    const [preview] = owner.answers.slice(-1);
    const [erase] = preview?.markup?.inline_keyboard.flat() ?? [];
    assert.ok(preview !== undefined && erase !== undefined);
    {
      await using slow = slowCopy(node.home);
      void slow;
      if (by === "word") owner.say("/forget yes");
      else owner.press(preview, String(erase["callback_data"]));
      // Each forgetting has two records: of its beginning, and of what it came to.
      while ((await node.journal("memory.forgetting")).length <= 2 * done);
      other.say("hello");
      await waitFor(() => other.answers.length === done + 1 && last(other) === "hi");
      assert.equal((await node.journal("memory.forgotten")).length, done, "it goes on");
    }
    await waitFor(() => last().startsWith("Forgotten"));
    rmSync(join(node.home, "journal.db.slow"));
  }
});

const file = { name: "a.txt", mediaType: "text/plain", bytes: Buffer.from("words") };

/** What an owner and a member say to forget, what they say in between, and how the bot answers it. */
const talks = {
  en: {
    id: 1,
    owner: "owner",
    all: "/forget all",
    yes: "/forget yes",
    asked: /^Say what/,
    shown: /^This would be erased for good: .*others: \d/,
    done: /^Forgotten\. Bytes of it left in the files: 0\./,
    changed: /is no longer what was shown; nothing was erased/,
    between: (person: EmulatedPerson) => person.say("hello"),
    answered: /^hi$/,
  },
  ru: {
    id: 2,
    owner: "telegram:2",
    all: "/forget всё",
    yes: "/forget да",
    asked: /^Скажите, что забыть/,
    shown: /^Будет стёрто навсегда: .*прочего: \d/,
    done: /^Забыто\. Байт этого осталось в файлах: 0\./,
    changed: /уже не то, что показано; ничего не стёрто/,
    between: (person: EmulatedPerson) => person.sendFile("document", file, "/forget"),
    answered: /^Вложения сопровождают вопрос/,
  },
} as const;

describe("forgetting at a typed word", { concurrency: true }, () => {
  for (const language of ["en", "ru"] as const)
    it(`erases all that was shown, and nothing else (${language})`, async () => {
      const { id, owner, all, yes, ...talk } = talks[language];
      await using telegram = await startTelegramEmulator();
      await using model = await startOpenAiEmulator({ rules: [{ reply: "hi" }] });
      await using node = await startBot(telegram, model, { language });
      const person = telegram.person({ id, language });
      const hear = async (act: () => unknown, answer: RegExp): Promise<void> => {
        const before = answersTo(person).length;
        act();
        const answered = (): string => answersTo(person)[before]?.text ?? "…";
        await telegram.waitUntil(() => answered() !== "…", answerMsMax);
        assert.match(answered(), answer);
      };
      const say = (text: string, answer: RegExp): Promise<void> =>
        hear(() => person.say(text), answer);
      /** The records of theirs that are not erased. */
      const left = async (): Promise<Set<string>> => {
        const own = (await node.journal()).filter((each) => each["owner"] === owner);
        return new Set(own.flatMap(({ payload, type }) => (payload === "erased" ? [] : [type])));
      };

      await say("hello", /^hi$/);
      await say(all, talk.shown);
      await hear(() => talk.between(person), talk.answered);
      await say(yes, talk.changed);
      assert.ok((await left()).has("delivery.opened"));
      await say(all, talk.shown);
      await say("/forget", talk.asked);
      await say(yes, talk.done);
      // None of these has a word of anybody's.
      const kept = ["command.executed", "memory.forgetting", "memory.forgotten"];
      assert.deepEqual(await left(), new Set(kept));
    });
});
