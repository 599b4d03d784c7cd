import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { it } from "node:test";
import { startTelegramEmulator } from "@adyton/emulators";
import { problemTable } from "@adyton/protocol";
import { failureWords } from "../../packages/core/src/adapters/openai-compatible/failure-words.ts";
import { NodeProcess } from "./node-process.ts";
import { answersTo } from "./bot-answers.ts";

// What goes wrong is told in words of the node's own: what a server, a driver or the runtime says of it stays inside.

const canary = "kanarejka-4471";
const spoken = `CUDA error: ${canary} at /srv/models/llm.gguf, ENOENT ${canary}`;
const asError = JSON.stringify({ error: { message: spoken, type: spoken, code: spoken } });
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

/** Every sentence there is for it, without the numbers in it; the one that names models is for the configuration. */
const { unknownModel: _named, ...sentences } = failureWords;
const withoutNumbers = (text: string): string => text.replaceAll(/\d+/gu, "0");
const closedList = new Set([
  ...Object.values(problemTable).map(({ title }) => title),
  ...Object.values(sentences).map((each) =>
    withoutNumbers((typeof each === "function" ? each(0) : each).en),
  ),
]);

/** Ways to fail, each with words of its own. */
const failures: readonly ((response: ServerResponse) => void)[] = [
  (response) => response.writeHead(400, { "content-type": "application/json" }).end(asError),
  (response) => response.writeHead(404, { "content-type": "text/plain" }).end(spoken),
  (response) => response.writeHead(401, { "www-authenticate": spoken }).end(asError),
  (response) => response.writeHead(422, { "content-type": "application/json" }).end(`{${canary}`),
  (response) => response.writeHead(500, { "content-type": "application/json" }).end(asError),
  (response) => response.writeHead(200, { "content-type": "application/json" }).end(spoken),
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`event: error\ndata: ${asError}\n\n`);
  },
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`data: {"object":"error","message":"${canary}"}\n\n`);
  },
];

it("tells of a failure in the node's own words, and of nothing that a server said", async () => {
  await using stack = new AsyncDisposableStack();
  let failed = 0;
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/v1/models") === true)
      return response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"object":"list","data":[{"id":"m","object":"model"}]}');
    if (request.method !== "POST") return response.writeHead(404).end();
    const fail = failures[failed];
    failed += 1;
    request.resume().once("end", () => {
      if (fail === undefined)
        response
          .writeHead(200, { "content-type": "text/event-stream" })
          .end(`${chunk("fine")}data: [DONE]\n\n`);
      else fail(response);
    });
    return response;
  }).listen(0, "127.0.0.1");
  stack.defer(() => void server.close());
  stack.defer(() => server.closeAllConnections());
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");

  const telegram = stack.use(await startTelegramEmulator());
  const file = join(process.env["TMPDIR"] ?? "/tmp", `adyton-token-${telegram.port}`);
  writeFileSync(file, telegram.token, { mode: 0o600 });
  const config = `telegram:\n  token_file: ${file}\n  owners: [1]\n  api_root: ${telegram.apiRoot}\n`;
  const backend = `http://127.0.0.1:${address.port}/v1`;
  const node = stack.use(await NodeProcess.start({ backend, config }));
  const owner = telegram.person({ id: 1 });
  const told = (): readonly string[] =>
    answersTo(owner)
      .map(({ text }) => text)
      .filter((text) => text !== "…" && text !== "fine");
  for (let asked = 1; failed < failures.length; asked += 1) {
    owner.say(`question ${asked}`);
    await telegram.waitUntil(
      () => answersTo(owner).filter(({ text }) => text !== "…").length === asked,
      20_000,
    );
  }
  assert.ok(told().length >= 5, "the control: failures were told");
  for (const text of told())
    assert.ok(closedList.has(withoutNumbers(text)), `not of the closed list: ${text}`);
  assert.ok(!JSON.stringify(telegram.calls).includes(canary));
  assert.ok(!JSON.stringify(await node.journal()).includes(canary));
});
