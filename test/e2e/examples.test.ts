import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startWithEmulator } from "./node-process.ts";

// The programs in examples/, run as their readers would run them.

const run = promisify(execFile);
const example = (name: string): string => join(import.meta.dirname, "../../examples", name);

test("examples/openai.ts streams, and answers with the help of its tool", async () => {
  await using both = await startWithEmulator({
    rules: [
      { text: /time/, times: 1, reply: { toolCalls: [{ name: "clock", arguments: {} }] } },
      { text: /time/, reply: "Noon. Полдень." },
      { reply: "Hello. Привет." },
    ],
  });
  const args = [example("openai.ts"), `http://127.0.0.1:${both.node.port}`];
  const { stdout } = await run(process.execPath, args, { timeout: 20_000 });
  assert.equal(stdout, "Hello. Привет.\nNoon. Полдень.\n");
});
