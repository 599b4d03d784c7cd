import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { it } from "node:test";
import type { CallOutcome, Place } from "../../ports/channel.ts";
import { TelegramClient } from "./telegram-client.ts";
import { telegramDoor } from "./telegram-door.ts";

/** What Telegram says to an edit, and what that is to the outbox. */
const answers: readonly (readonly [status: number, words: string, CallOutcome["kind"]])[] = [
  [400, "Bad Request: message to edit not found", "gone"],
  [400, "Bad Request: message can't be edited", "gone"],
  [400, "Bad Request: MESSAGE_ID_INVALID", "gone"],
  [400, "Bad Request: message is not modified: it has the same text", "done"],
  [400, "Bad Request: chat not found", "refused"],
  [400, "Bad Request: BUTTON_DATA_INVALID", "refused"],
  [403, "Forbidden: bot was blocked by the user", "refused"],
  [401, "Unauthorized", "later"],
  [429, "Too Many Requests: retry after 1", "later"],
  [502, "Bad Gateway", "unknown"],
];

it("tells a message that is gone from an edit that is refused", async () => {
  await using stack = new AsyncDisposableStack();
  let next = 0;
  const server = createServer((_request, response) => {
    const [status = 500, description] = answers[next] ?? [];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ ok: false, error_code: status, description }));
  }).listen(0, "127.0.0.1");
  stack.defer(() => void server.close());
  stack.defer(() => server.closeAllConnections());
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const apiRoot = `http://127.0.0.1:${address.port}`;
  const client = stack.use(new TelegramClient({ token: { reveal: () => "1:token" }, apiRoot }));
  const sent: string[] = [];
  const door = telegramDoor({
    client: () => client,
    language: "ru",
    drafts: false,
    onSent: (_chat, failure) => sent.push(failure?.words ?? ""),
  });
  const { signal } = new AbortController();
  const kinds: [string, string][] = [];
  const edit = (place: Place): Promise<CallOutcome> =>
    door.fill(place, 7, { said: undefined, buttons: [] }, signal);
  for (const [, words] of answers) {
    const { kind } = await edit({ chat: "1" });
    kinds.push([words, kind]);
    next += 1;
  }
  assert.deepEqual(
    kinds,
    answers.map(([, words, kind]) => [words, kind]),
  );
  assert.deepEqual(
    sent,
    answers.map(([, words]) => words),
  );
});
