import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { describe, it } from "node:test";
import { makeCertificate } from "../certificate.ts";
import { startTelegramEmulator, type TelegramEmulator } from "./telegram-emulator.ts";

interface Answer {
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error_code?: number;
  readonly description?: string;
  readonly parameters?: { readonly retry_after: number };
}

async function call(
  emulator: TelegramEmulator,
  method: string,
  values: object = {},
): Promise<Answer> {
  const response = await fetch(`${emulator.apiRoot}/bot${emulator.token}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(values),
  });
  return (await response.json()) as Answer;
}

const idsOf = ({ result }: Answer): number[] =>
  (result as { update_id: number }[]).map(({ update_id: id }) => id);

describe("updates", () => {
  it("are given until a higher offset confirms all before it", async () => {
    await using emulator = await startTelegramEmulator({ firstUpdateId: 10 });
    const anna = emulator.person({ id: 1 });
    for (const text of ["one", "two", "три"]) anna.say(text);
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { limit: 2 })), [10, 11]);
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 10 })), [10, 11, 12]);
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 12 })), [12]);
    assert.equal(emulator.pending, 1, "what was confirmed is gone");
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 1, limit: 5 })), [12]);
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 13 })), []);
    assert.equal(emulator.pending, 0);
  });

  it("start at the oldest where the offset is of an older numbering", async () => {
    await using emulator = await startTelegramEmulator({ firstUpdateId: 900 });
    const anna = emulator.person({ id: 1 });
    anna.say("before the quiet week");
    await call(emulator, "getUpdates", { offset: 901 });
    emulator.renumberUpdates(5);
    anna.say("after it");
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 901 })), [5]);
  });

  it("are given once more when they are repeated, and are confirmed anew", async () => {
    let nowMs = 0;
    await using emulator = await startTelegramEmulator({ firstUpdateId: 1, now: () => nowMs });
    const anna = emulator.person({ id: 1 });
    for (let n = 0; n < 103; n += 1) anna.say(`${n}`);
    assert.equal(emulator.repeatUpdates(1), 0, "nothing is confirmed");
    await call(emulator, "getUpdates", { offset: 103 });
    assert.equal(emulator.repeatUpdates(2), 2);
    nowMs = 500;
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 103 })), [101, 102, 103]);
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 104 })), []);
    assert.equal(emulator.repeatUpdates(101), 100);
  });

  it("keep only the newest for a negative offset", async () => {
    await using emulator = await startTelegramEmulator({ firstUpdateId: 1 });
    const anna = emulator.person({ id: 1 });
    for (let n = 0; n < 5; n += 1) anna.say(`${n}`);
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: -2 })), [4, 5]);
    assert.equal(emulator.pending, 2);
  });

  it("are waited for, and a second poller ends the first with 409", async () => {
    await using emulator = await startTelegramEmulator({ firstUpdateId: 1 });
    const first = call(emulator, "getUpdates", { timeout: 30 });
    await emulator.waitUntil(() => emulator.callsSeen === 1, 30_000);
    const second = call(emulator, "getUpdates", { timeout: 30, offset: 1 });
    const ended = await first;
    assert.equal(ended.error_code, 409);
    assert.match(ended.description ?? "", /terminated by other getUpdates request/);
    emulator.person({ id: 1 }).say("wake up");
    assert.deepEqual(idsOf(await second), [1]);
  });

  it("expire: a message after a day, a pressed button after 150 seconds", async () => {
    let nowMs = 0;
    await using emulator = await startTelegramEmulator({ firstUpdateId: 1, now: () => nowMs });
    const anna = emulator.person({ id: 1 });
    anna.say("a message");
    const sent = await call(emulator, "sendMessage", {
      chat_id: 1,
      text: "choose",
      reply_markup: { inline_keyboard: [[{ text: "yes", callback_data: "y" }]] },
    });
    assert.ok(sent.ok);
    const [question] = anna.answers;
    assert.ok(question !== undefined);
    anna.press(question, "y");
    nowMs = 149_999;
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 0 })), [1, 2]);
    nowMs = 150_000;
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 1 })), [1]);
    nowMs = 86_400_000;
    assert.deepEqual(idsOf(await call(emulator, "getUpdates", { offset: 2 })), []);
  });

  it("come only in the kinds that were asked for last", async () => {
    await using emulator = await startTelegramEmulator({ firstUpdateId: 1 });
    const anna = emulator.person({ id: 1 });
    const said = anna.say("one");
    anna.edit(said, "two");
    emulator.push("message_reaction", {});
    assert.equal(emulator.pending, 2, "reactions only for who asks for them");
    await call(emulator, "getUpdates", { offset: 0, allowed_updates: ["message"] });
    anna.edit(said, "three");
    assert.equal(emulator.pending, 2);
  });
});

describe("sends", () => {
  const refusals: readonly [name: string, values: object, status: number, words: RegExp][] = [
    ["to somebody who never wrote", { chat_id: 2, text: "hi" }, 403, /can't initiate/],
    ["to an unknown group", { chat_id: -9, text: "hi" }, 400, /chat not found/],
    ["of nothing", { chat_id: 1, text: " \n" }, 400, /text is empty/],
    ["of 4097 units", { chat_id: 1, text: "х".repeat(4_097) }, 400, /too long/],
    [
      "with an entity beyond the text",
      { chat_id: 1, text: "abc", entities: [{ type: "bold", offset: 1, length: 3 }] },
      400,
      /reaches out of the text/,
    ],
    [
      "with 65 bytes in a button",
      {
        chat_id: 1,
        text: "a",
        reply_markup: { inline_keyboard: [[{ text: "b", callback_data: "я".repeat(33) }]] },
      },
      400,
      /BUTTON_DATA_INVALID/,
    ],
    [
      "as a reply to nothing",
      { chat_id: 1, text: "a", reply_parameters: { message_id: 99 } },
      400,
      /replied not found/,
    ],
  ];
  for (const [name, values, status, words] of refusals)
    it(`are refused ${name}`, async () => {
      await using emulator = await startTelegramEmulator();
      emulator.person({ id: 1 });
      const answer = await call(emulator, "sendMessage", values);
      assert.equal(answer.error_code, status);
      assert.match(answer.description ?? "", words);
    });

  it("of 4096 units and 64 bytes in a button are taken", async () => {
    await using emulator = await startTelegramEmulator();
    const anna = emulator.person({ id: 1 });
    const markup = { inline_keyboard: [[{ text: "b", callback_data: "я".repeat(32) }]] };
    const text = "х".repeat(4_096);
    assert.ok((await call(emulator, "sendMessage", { chat_id: 1, text, reply_markup: markup })).ok);
    assert.equal(anna.answers[0]?.text.length, 4_096);
  });

  it("can be edited; an edit that changes nothing is refused in the words clients look for", async () => {
    await using emulator = await startTelegramEmulator();
    const anna = emulator.person({ id: 1 });
    await call(emulator, "sendMessage", { chat_id: 1, text: "…" });
    const id = anna.answers[0]?.id;
    const edit = { chat_id: 1, message_id: id, text: "done" };
    assert.ok((await call(emulator, "editMessageText", edit)).ok);
    const again = await call(emulator, "editMessageText", edit);
    assert.match(again.description ?? "", /message is not modified/);
    assert.deepEqual(anna.answers[0]?.former, ["…"]);
  });

  it("beyond the pace get 429 and the time to wait", async () => {
    let nowMs = 0;
    const pace = { perChatSecond: 1, perSecond: 30, perGroupMinute: 20 };
    await using emulator = await startTelegramEmulator({ pace, now: () => nowMs });
    emulator.person({ id: 1 });
    const send = () => call(emulator, "sendMessage", { chat_id: 1, text: "hi" });
    assert.ok((await send()).ok);
    assert.equal((await send()).parameters?.retry_after, 1);
    nowMs = 1_000;
    assert.ok((await send()).ok);
  });

  it("of files are kept, and given back byte for byte", async () => {
    await using emulator = await startTelegramEmulator();
    const anna = emulator.person({ id: 1 });
    const bytes = Buffer.from([0, 13, 10, 45, 45, 255]);
    const form = new FormData();
    form.set("chat_id", "1");
    form.set("caption", "вот");
    form.set("document", new Blob([bytes]), "notes.bin");
    const root = `${emulator.apiRoot}/bot${emulator.token}`;
    const sent = await fetch(`${root}/sendDocument`, { method: "POST", body: form });
    assert.equal(sent.status, 200);
    assert.equal(anna.answers[0]?.text, "вот");
    const { document } = anna.answers[0].extra as { document: { file_id: string } };
    const { result } = await call(emulator, "getFile", { file_id: document.file_id });
    const { file_path: path } = result as { file_path: string };
    const got = await fetch(`${emulator.apiRoot}/file/bot${emulator.token}/${path}`);
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes);
  });
});

describe("faults", () => {
  it("lose the answer of what was done, or do nothing", async () => {
    await using emulator = await startTelegramEmulator();
    const anna = emulator.person({ id: 1 });
    const send = () => call(emulator, "sendMessage", { chat_id: 1, text: "hi" });
    emulator.setFaults([{ kind: "lost_reply", methods: ["sendMessage"], times: 1 }]);
    await assert.rejects(send());
    assert.equal(anna.answers.length, 1, "the message is there");
    emulator.setFaults([{ kind: "refuse", times: 1 }]);
    await assert.rejects(send());
    assert.equal(anna.answers.length, 1);
    assert.ok((await send()).ok, "a spent fault strikes no more");
    assert.equal(anna.answers.length, 2);
  });

  it("cut the answers at one byte after the other, and say where", async () => {
    await using emulator = await startTelegramEmulator();
    emulator.person({ id: 1 });
    emulator.setFaults([{ kind: "cut_each", bytes: 3, methods: ["sendMessage"] }]);
    for (let n = 0; n < 4; n += 1)
      await assert.rejects(call(emulator, "sendMessage", { chat_id: 1, text: "a" }));
    const strikes = emulator.calls.map(({ fault, outcome }) => [fault, outcome]);
    const cut = (afterBytes: number) => [{ kind: "cut", afterBytes }, 200];
    assert.deepEqual(strikes, [cut(0), cut(1), cut(2), cut(0)]);
  });

  it("cut a longer answer where one was too short to be cut", async () => {
    await using emulator = await startTelegramEmulator();
    const anna = emulator.person({ id: 1 });
    const bytes = 200;
    emulator.setFaults([{ kind: "cut_each", bytes, methods: ["getUpdates"] }]);
    const poll = () => call(emulator, "getUpdates", { timeout: 0 }).catch(() => undefined);
    for (let n = 0; n < bytes; n += 1) await poll();
    const cuts = () =>
      emulator.calls.flatMap(({ fault }) => (fault?.kind === "cut" ? [fault.afterBytes] : []));
    const short = cuts().length;
    assert.ok(short < bytes, "an answer without updates is shorter");
    anna.say("a".repeat(bytes));
    while (cuts().length < bytes) await poll();
    assert.deepEqual(cuts(), [...Array(bytes).keys()]);
  });

  it("tell of a refusal what was asked", async () => {
    await using emulator = await startTelegramEmulator();
    const fault = { kind: "status", status: 429, retryAfterS: 2 } as const;
    emulator.setFaults([{ ...fault, times: 1 }]);
    await call(emulator, "sendMessage", { chat_id: 1, text: "a" });
    const [refused] = emulator.calls;
    assert.deepEqual(refused?.values, { chat_id: 1, text: "a" });
    assert.equal(refused.fault?.kind, "status");
    assert.equal(refused.outcome, 429);
  });

  it("cut an answer at any byte, and the message is there each time", async () => {
    await using emulator = await startTelegramEmulator();
    const anna = emulator.person({ id: 1 });
    for (let afterBytes = 0; afterBytes <= 120; afterBytes += 40) {
      emulator.setFaults([{ kind: "cut", afterBytes, times: 1 }]);
      await assert.rejects(call(emulator, "sendMessage", { chat_id: 1, text: "hi" }));
    }
    assert.equal(anna.answers.length, 4);
  });

  it("strike their share of the calls", async () => {
    await using emulator = await startTelegramEmulator({ seed: 7 });
    emulator.setFaults([{ kind: "status", status: 502, share: 0.2 }]);
    let struck = 0;
    for (let n = 0; n < 200; n += 1) if (!(await call(emulator, "getMe")).ok) struck += 1;
    assert.ok(struck > 20 && struck < 60, `${struck} of 200`);
  });

  it("answer 401 after the token was changed", async () => {
    await using emulator = await startTelegramEmulator();
    const { token } = emulator;
    emulator.setToken(`${token.slice(0, -1)}_`);
    const response = await fetch(`${emulator.apiRoot}/bot${token}/getMe`);
    assert.equal(response.status, 401);
    assert.equal((await call(emulator, "getMe")).ok, true);
  });
});

describe("the page", () => {
  it("sends a file or a photo with a caption, as forwarded, as a reply", async () => {
    await using emulator = await startTelegramEmulator();
    const post = (body: object) =>
      fetch(`${emulator.apiRoot}/chat`, { method: "POST", body: JSON.stringify(body) });
    await post({ text: "first" });
    const [first] = emulator.messages(1_000_001);
    const file = (mediaType: string) => ({ name: "план.md", mediaType, data: "0L/Qu9Cw0L0=" });
    const said = { text: "О чём?", replyTo: first?.id, isForwarded: true };
    await post({ ...said, file: file("text/markdown") });
    await post({ text: "", file: file("image/png") });
    await post({ text: " ", file: { name: "a", mediaType: "text/plain" } });
    const { result } = await call(emulator, "getUpdates");
    // The emulator's own answer, so its shape is known.
    const [, document, photo, ...more] = (result as { message: Record<string, unknown> }[]).map(
      ({ message }) => message,
    );
    assert.deepEqual(more, [], "a message of nothing is none");
    assert.equal(document?.["caption"], "О чём?");
    const { file_id: id, file_name: name } = document["document"] as Record<string, string>;
    assert.equal(name, "план.md");
    const bytes = await fetch(`${emulator.apiRoot}/file/bot${emulator.token}/documents/${id}`);
    assert.equal(await bytes.text(), "план");
    assert.equal((document["reply_to_message"] as { text: string }).text, "first");
    assert.equal((document["forward_origin"] as { type: string }).type, "hidden_user");
    assert.deepEqual([photo?.["caption"], photo?.["forward_origin"]], [undefined, undefined]);
    assert.ok(Array.isArray(photo?.["photo"]));
  });

  it("writes as a person and shows what the bot answers", async () => {
    await using emulator = await startTelegramEmulator();
    const origin = emulator.apiRoot;
    assert.match(await (await fetch(`${origin}/`)).text(), /<title>Telegram, emulated/);
    const said = await fetch(`${origin}/chat`, {
      method: "POST",
      headers: { "accept-language": "ru-RU,ru;q=0.9,en;q=0.8" },
      body: JSON.stringify({ text: "привет" }),
    });
    assert.equal(said.status, 200);
    const other = { method: "POST", body: JSON.stringify({ text: "hello" }) };
    assert.equal((await fetch(`${origin}/chat?as=2`, other)).status, 200);
    for (const nobody of ["0", "100", "x"])
      assert.equal((await fetch(`${origin}/chat?as=${nobody}`, other)).status, 404, nobody);
    const [update, theirs, ...more] = (await call(emulator, "getUpdates")).result as unknown[];
    assert.partialDeepStrictEqual(update, {
      message: { from: { id: 1_000_001, language_code: "ru" } },
    });
    assert.partialDeepStrictEqual(theirs, { message: { from: { id: 1_000_002 }, text: "hello" } });
    assert.deepEqual(more, []);
    const events = await fetch(`${origin}/chat/events`);
    const reader = events.body?.getReader();
    const first = Buffer.from((await reader?.read())?.value ?? []).toString();
    assert.match(first, /привет/);
    await call(emulator, "sendMessage", { chat_id: 1_000_001, text: "здравствуйте" });
    const second = Buffer.from((await reader?.read())?.value ?? []).toString();
    assert.match(second, /здравствуйте/);
    await reader?.cancel();
  });

  it("refuses another site's requests", async () => {
    await using emulator = await startTelegramEmulator();
    const headers = { "sec-fetch-site": "cross-site" };
    const response = await fetch(`${emulator.apiRoot}/chat`, {
      method: "POST",
      headers,
      body: "{}",
    });
    assert.equal(response.status, 403);
  });
});

it("speaks TLS beside its page, for the same bot, and refuses a port that is taken", async (test) => {
  const folder = mkdtempSync(join(tmpdir(), "adyton-tls-"));
  test.after(() => rmSync(folder, { recursive: true }));
  const tls = makeCertificate(folder, "own", "localhost");
  await using emulator = await startTelegramEmulator({ tls });
  const { apiRoot, plainRoot, port, token } = emulator;
  assert.equal(apiRoot, `https://127.0.0.1:${port}`);
  emulator.person({ id: 1 }).say("привет");
  const { statusCode, body } = await get(`${apiRoot}/bot${token}/getUpdates`, tls.cert);
  const plain = await (await fetch(`${plainRoot}/bot${token}/getUpdates`)).text();
  assert.equal(statusCode, 200);
  assert.equal(body, plain);
  assert.ok(body.includes("привет"));
  await assert.rejects(startTelegramEmulator({ tls: { ...tls, port } }), { code: "port_taken" });
});

async function get(url: string, ca: string) {
  const asked = request(url, { ca, servername: "localhost" }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { statusCode: response.statusCode, body: await textOf(response) };
}
