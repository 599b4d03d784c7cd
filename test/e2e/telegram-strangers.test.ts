import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import {
  startOpenAiEmulator,
  startTelegramEmulator,
  type TelegramEmulator,
} from "@adyton/emulators";
import { NodeProcess, until } from "./node-process.ts";

const updatesMax = 1_000;
const waitMsMax = 20_000;
/** What a garbage collector leaves to chance. */
const memoryBytesMax = 12 * 1024 * 1024;

const said = (id: number, more: object = {}) => ({
  message_id: id,
  date: 1_700_000_000,
  chat: { id, type: "private", first_name: "S" },
  from: { id, is_bot: false, first_name: "S" },
  text: "впусти меня, let me in /help /start ABC-DEF-GHJ",
  ...more,
});
const person = (id: number) => ({ id, is_bot: false, first_name: "S" });
const channel = (id: number) => ({ id: -id, type: "channel", title: "C" });

/** Each kind of update that Bot API 10.3 has, as somebody sends it. */
const kinds: Readonly<Record<string, (id: number) => object>> = {
  message: (id) => said(id),
  edited_message: (id) => said(id, { edit_date: 1_700_000_001 }),
  channel_post: (id) => ({
    ...said(id),
    from: undefined,
    chat: channel(id),
    sender_chat: channel(id),
  }),
  edited_channel_post: (id) => ({ ...said(id), from: undefined, chat: channel(id), edit_date: 1 }),
  business_connection: (id) => ({
    id: "b",
    user: person(id),
    user_chat_id: id,
    date: 1,
    is_enabled: true,
  }),
  business_message: (id) => said(id, { business_connection_id: "b" }),
  edited_business_message: (id) => said(id, { business_connection_id: "b", edit_date: 1 }),
  deleted_business_messages: (id) => ({
    business_connection_id: "b",
    chat: said(id).chat,
    message_ids: [1],
  }),
  guest_message: (id) => said(id, { guest_query_id: "g" }),
  stopped_message_generation: (id) => ({ chat: said(id).chat, draft_id: 1, from: person(id) }),
  message_reaction: (id) => ({
    chat: said(id).chat,
    message_id: 1,
    user: person(id),
    date: 1,
    old_reaction: [],
    new_reaction: [],
  }),
  message_reaction_count: (id) => ({ chat: channel(id), message_id: 1, date: 1, reactions: [] }),
  inline_query: (id) => ({ id: "q", from: person(id), query: "пароль", offset: "" }),
  chosen_inline_result: (id) => ({ result_id: "r", from: person(id), query: "q" }),
  callback_query: (id) => ({
    id: "c",
    from: person(id),
    message: said(id),
    chat_instance: "i",
    data: "stop",
  }),
  shipping_query: (id) => ({
    id: "s",
    from: person(id),
    invoice_payload: "p",
    shipping_address: {},
  }),
  pre_checkout_query: (id) => ({
    id: "p",
    from: person(id),
    currency: "XTR",
    total_amount: 1,
    invoice_payload: "p",
  }),
  purchased_paid_media: (id) => ({ from: person(id), paid_media_payload: "p" }),
  poll: (id) => ({ id: String(id), question: "?", options: [], total_voter_count: 0 }),
  poll_answer: (id) => ({ poll_id: "p", user: person(id), option_ids: [0] }),
  my_chat_member: (id) => ({
    chat: said(id).chat,
    from: person(id),
    date: 1,
    old_chat_member: {},
    new_chat_member: {},
  }),
  chat_member: (id) => ({
    chat: channel(id),
    from: person(id),
    date: 1,
    old_chat_member: {},
    new_chat_member: {},
  }),
  chat_join_request: (id) => ({ chat: channel(id), from: person(id), user_chat_id: id, date: 1 }),
  chat_boost: (id) => ({
    chat: channel(id),
    boost: { source: { source: "premium", user: person(id) } },
  }),
  removed_chat_boost: (id) => ({
    chat: channel(id),
    boost_id: "b",
    source: { source: "premium", user: person(id) },
  }),
  managed_bot: (id) => ({ user: person(id), bot: { ...person(id), is_bot: true } }),
  subscription: (id) => ({ user: person(id) }),
};

/** Sends updates of every kind in turn, from another person each. */
function flood(telegram: TelegramEmulator, count: number, idOf: (number: number) => number): void {
  const all = Object.entries(kinds);
  for (let number = 0; number < count; number += 1) {
    const [kind, make] = all[number % all.length] ?? ["message", said];
    telegram.push(kind, make(idOf(number)), true);
  }
}

it(`answers ${updatesMax} updates of every kind from strangers with nothing at all`, async (t) => {
  await using telegram = await startTelegramEmulator({ recordedCallsMax: 10_000 });
  await using model = await startOpenAiEmulator({});
  const token = join(process.env["TMPDIR"] ?? "/tmp", `adyton-token-${telegram.port}`);
  writeFileSync(token, telegram.token, { mode: 0o600 });
  const config = `telegram:\n  token_file: ${token}\n  owners: [1]\n  api_root: ${telegram.apiRoot}\n`;
  await using node = await NodeProcess.start({ backend: model.url, config });
  const polls = () => telegram.calls.filter(({ method }) => method === "getUpdates").length;
  const figures = async () => {
    const { text } = await node.ask("/metrics", { token: node.owner });
    const figure = (name: string) =>
      Number(new RegExp(`^${name}(?:{.*})? (\\d+)`, "m").exec(text)?.[1]);
    const size = (file: string) => statSync(join(node.home, file)).size;
    return {
      others: telegram.callsSeen - polls(),
      modelCalls: model.requests.filter(({ endpoint }) => endpoint === "chat").length,
      lastSeq: figure("adyton_journal_last_seq"),
      diskBytes: size("journal.db") + size("journal.db-wal"),
      memoryBytes: figure("process_resident_memory_bytes"),
      strangers: figure("adyton_strangers_total"),
    };
  };
  const taken = () => until("all is taken", () => telegram.pending === 0, waitMsMax);
  // The bot has introduced itself, the manual is in memory, and what grows once has grown.
  await telegram.waitUntil(() => polls() > 0, waitMsMax);
  const guide = join(import.meta.dirname, "../../docs/guide");
  const pages = ["en", "ru"].flatMap((language) => readdirSync(join(guide, language))).length;
  await until("the manual is learned", async () => {
    const { json } = await node.ask("/api/v1/self", { token: node.owner });
    return json.memory.documents === pages;
  });
  const introduction = (await figures()).others;
  flood(telegram, updatesMax, (number) => 1_000 + number);
  await taken();
  const before = await figures();
  assert.equal(before.strangers, updatesMax);
  flood(telegram, updatesMax, (number) => 5_000 + number);
  await taken();
  const after = await figures();
  assert.equal(after.strangers, 2 * updatesMax);
  const { memoryBytes, strangers: _strangers, ...kept } = after;
  const { memoryBytes: memoryBefore, strangers: _before, ...former } = before;
  assert.deepEqual(kept, former);
  assert.equal(kept.others, introduction, "nothing was called but polls");
  assert.ok(memoryBytes - memoryBefore < memoryBytesMax, `${memoryBytes - memoryBefore} bytes`);
  const health = async (secret?: string) => {
    const { json } = await node.ask(
      "/api/v1/health",
      secret === undefined ? {} : { token: secret },
    );
    return json.parts.find(({ name }: { name: string }) => name === "telegram");
  };
  assert.equal((await health(node.owner)).strangers, 2 * updatesMax);
  assert.equal((await health()).strangers, undefined);
  // The control: the owner sends the same.
  telegram.person({ id: 1 });
  flood(telegram, Object.keys(kinds).length, () => 1);
  await until("the owner is answered", async () => {
    const { others, lastSeq, modelCalls } = await figures();
    return others > former.others && lastSeq > former.lastSeq && modelCalls > former.modelCalls;
  });
  t.diagnostic(
    `strangers: ${2 * updatesMax} updates of ${Object.keys(kinds).length} kinds, ${after.others - before.others} calls, ${memoryBytes - memoryBefore} bytes of memory`,
  );
});
