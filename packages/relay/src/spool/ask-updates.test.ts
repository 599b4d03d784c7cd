import assert from "node:assert/strict";
import { createServer, request, type ServerResponse } from "node:http";
import { once } from "node:events";
import { it } from "node:test";
import type { BotRequest } from "../bot/bot-api.ts";
import { askUpdates, updatesBytesMax } from "./ask-updates.ts";

/** Asks a server that answers as it is told. */
async function asked(answer: (response: ServerResponse) => void) {
  const bodies: string[] = [];
  await using server = createServer((incoming, response) => {
    incoming.on("data", (chunk: Buffer) => void bodies.push(chunk.toString()));
    incoming.on("end", () => answer(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const ask = async (wanted: BotRequest, signal: AbortSignal) => {
    assert.equal(wanted.kind === "method" && wanted.name, "getUpdates");
    const sent = request({ port, host: "127.0.0.1", method: "POST", signal, agent: false });
    sent.end(wanted.kind === "method" ? wanted.body : "");
    const { promise, resolve, reject } =
      Promise.withResolvers<Awaited<ReturnType<Parameters<typeof askUpdates>[0]["ask"]>>>();
    sent.once("response", resolve).once("error", reject);
    return promise;
  };
  const poll = askUpdates({ ask });
  const question = { offset: 7, limit: 3, isQuick: true };
  const polled = await poll(question, new AbortController().signal);
  assert.deepEqual(JSON.parse(bodies.join("")), { offset: 7, limit: 3, timeout: 0 });
  return polled;
}

const update = { update_id: 7, message: { text: "привет" } };
const short = { kind: "failed", afterMs: 0 };
const long = { kind: "failed", afterMs: 10_000 };
const cases: readonly [name: string, body: string, expected: unknown][] = [
  [
    "updates",
    JSON.stringify({ ok: true, result: [update] }),
    { kind: "updates", updates: [update] },
  ],
  ["none", '{"ok":true,"result":[]}', { kind: "updates", updates: [] }],
  ["updates without a number", '{"ok":true,"result":[{}]}', long],
  ["a refusal", '{"ok":false,"error_code":409}', long],
  ["a wait", '{"ok":false,"parameters":{"retry_after":30}}', { kind: "failed", afterMs: 30_000 }],
  ["a wait of days", '{"parameters":{"retry_after":1e6}}', { kind: "failed", afterMs: 3_600_000 }],
  ["another page", "<html>", long],
  ["an answer at the limit", " ".repeat(updatesBytesMax), long],
  ["a longer one", " ".repeat(updatesBytesMax + 1), short],
];
for (const [name, body, expected] of cases)
  it(`understands ${name}`, async () => {
    assert.deepEqual(await asked((response) => response.end(body)), expected);
  });

it("asks again after an answer that broke off", async () => {
  const broken = await asked((response) => {
    response.setHeader("content-length", 100);
    response.write("{", () => response.destroy());
  });
  assert.deepEqual(broken, short);
});
