import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NodeProcess, startWithEmulator, until } from "./node-process.ts";

// The programs printed in the documents, run as a reader would run them, against a live node.

const root = join(import.meta.dirname, "../..");
const skip =
  spawnSync("python3", ["--version"]).status === 0 ? false : "python3 is not on this machine";

/** The first block of Python in a document. */
function pythonOf(file: string): string {
  const [, code = ""] =
    /^```python\n(.*?)^```/ms.exec(readFileSync(join(root, file), "utf8")) ?? [];
  assert.notEqual(code, "", `${file} shows Python`);
  return code;
}

/** What the documents use of the package `requests`, so that it need not be installed where this runs. */
const requestsShim = `import json as _json, urllib.request
class Response:
    def __init__(self, text): self.text = text
    def json(self): return _json.loads(self.text)
def post(url, json):
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, _json.dumps(json).encode(), head)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return Response(answer.read().decode())
`;

describe("the programs in the documents", { skip }, () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "adyton-python-"));
    writeFileSync(join(folder, "requests.py"), requestsShim);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const readme of ["README.md", "README.ru.md"])
    test(`${readme}: the Python lines answer with text and data`, async () => {
      await using node = await NodeProcess.start();
      const code = pythonOf(readme);
      assert.match(
        code,
        /requests\.post\("http:\/\/localhost:7860\/api\/v1\/message", json=\{"text": "describe_self"\}\)/,
      );
      const lines = code.trimEnd().replace(":7860/", `:${node.port}/`).split("\n");
      const call = lines.pop() ?? "";
      const program = [
        ...lines,
        `answer = ${call}`,
        "import json as j",
        "print(j.dumps(answer if isinstance(answer, dict) else answer.json()))",
      ];
      writeFileSync(join(folder, "line.py"), program.join("\n"));
      const ran = spawn("python3", ["line.py"], {
        cwd: folder,
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      ran.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      const [status] = (await once(ran, "close")) as [number];
      assert.equal(status, 0);
      const answer = JSON.parse(output);
      assert.ok(answer.text.length > 0);
      assert.equal(answer.data.report, "describe_self");
      assert.ok(answer.data.commands.length > 5 && answer.data.routes.length > 10);
    });

  for (const language of ["en", "ru"])
    test(`the Telegram bridge of the manual (${language}) passes messages on and stays silent to others`, async () => {
      await using both = await startWithEmulator({ rules: [{ reply: "от модели" }] });
      const { node } = both;
      const token = await node.makeToken("telegram", ["say"], { person: true });
      await using telegram = await startBotApi();
      const updates = [
        [1, 11, "private", "hello"],
        [2, 99, "private", "let me in"],
        [3, 11, "group", "in a group"],
        [4, 11, "private", "/help"],
        [5, 11, "private", "/no_such_command"],
      ] as const;
      for (const [id, from, type, text] of updates)
        telegram.updates.push({
          update_id: id,
          message: { from: { id: from }, chat: { id: from, type }, text },
        });
      writeFileSync(join(folder, "bridge.py"), pythonOf(`docs/guide/${language}/telegram.md`));
      const bridge = spawn("python3", ["bridge.py"], {
        cwd: folder,
        stdio: ["ignore", "inherit", "inherit"],
        env: {
          ...process.env,
          NO_PROXY: "127.0.0.1",
          TELEGRAM_API: telegram.url,
          TELEGRAM_BOT_TOKEN: "1:test",
          TELEGRAM_ALLOWED_IDS: "11,12",
          ADYTON_URL: `http://127.0.0.1:${node.port}`,
          ADYTON_TOKEN: token,
        },
      });
      try {
        await until("all updates are confirmed", () => telegram.confirmed === 6);
        const texts = telegram.sent.map(({ text }) => text);
        assert.equal(texts[0], "от модели");
        assert.match(texts[1] ?? "", /describe_self/);
        assert.match(texts[2] ?? "", /no_such_command/);
        assert.equal(texts.length, 3, "nothing to strangers and groups");
        assert.ok(telegram.sent.every(({ chat_id }) => chat_id === 11));
      } finally {
        bridge.kill("SIGKILL");
        await once(bridge, "exit");
      }
    });
});

interface SentMessage {
  readonly chat_id: number;
  readonly text: string;
}

/** The two calls of Telegram's Bot API that the bridge makes. */
async function startBotApi() {
  const state = {
    updates: [] as { update_id: number; message: object }[],
    sent: [] as SentMessage[],
    confirmed: 0,
  };
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const body = JSON.parse(text);
      const say = (result: unknown): void => {
        response
          .setHeader("content-type", "application/json")
          .end(JSON.stringify({ ok: true, result }));
      };
      if (request.url === "/bot1:test/sendMessage") {
        state.sent.push(body);
        say({});
        return;
      }
      assert.equal(request.url, "/bot1:test/getUpdates");
      state.confirmed = body.offset;
      const waiting = state.updates.filter(({ update_id }) => update_id >= body.offset);
      // A long poll: without an update the answer waits, and the bridge with it.
      if (waiting.length > 0) say(waiting);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}
