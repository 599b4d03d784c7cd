import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
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
