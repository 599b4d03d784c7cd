import assert from "node:assert/strict";
import { it } from "node:test";
import type { Chat, Message, Update, User } from "grammy/types";
import { readUpdate } from "./read-update.ts";

const bot: User = { id: 7, is_bot: true, first_name: "Adyton", username: "adyton_bot" };
const admission = {
  isOfAlbum: () => false,
  owners: new Set([1]),
  members: new Set([2]),
  groups: new Set([-5]),
};
const person = (id: number): User => ({ id, is_bot: false, first_name: `P${id}` });
const alone = (id: number): Chat.PrivateChat => ({ id, type: "private", first_name: `P${id}` });
const group = (id: number): Chat.SupergroupChat => ({ id, type: "supergroup", title: "G" });

function update(from: number, chat: Chat, text: string, more: Partial<Message> = {}): Update {
  const message = { message_id: 3, date: 0, from: person(from), chat, text, ...more };
  return { update_id: 10, message: message as Message & Update.NonChannel };
}

/** An update of a kind that is not asked for. */
const other = (kind: string, said: unknown) =>
  ({ update_id: 1, [kind]: said }) as unknown as Update;

const reply = { reply_to_message: { from: bot } } as unknown as Partial<Message>;
const forwarded = {
  forward_origin: { type: "hidden_user", date: 0, sender_user_name: "X" },
} as const;
const cases: readonly [name: string, update: Update, kind: string, text?: string][] = [
  ["an owner's message", update(1, alone(1), " hello "), "message", "hello"],
  ["a member's message", update(2, alone(2), "привет"), "message", "привет"],
  ["a stranger's message", update(3, alone(3), "hello"), "stranger"],
  ["a stranger in a known group", update(3, group(-5), "@adyton_bot hello"), "stranger"],
  ["an owner in an unknown group", update(1, group(-6), "@adyton_bot hello"), "stranger"],
  ["talk of others in a group", update(1, group(-5), "hello all"), "nothing"],
  ["the bot's name in a group", update(2, group(-5), "@Adyton_Bot, hello"), "message", "hello"],
  ["a longer name in a group", update(2, group(-5), "@adyton_bots hello"), "nothing"],
  ["a reply to the bot", update(2, group(-5), "and then?", reply), "message", "and then?"],
  ["a command with the name", update(2, group(-5), "/help@adyton_bot"), "message", "/help"],
  ["a greeting with a parameter", update(1, alone(1), "/start abc"), "message", "/start"],
  ["a forwarded command", update(1, alone(1), "/new", forwarded), "message", ""],
  ["пересланное слово", update(2, alone(2), "describe_self", forwarded), "message", ""],
  ["a message without text", update(1, alone(1), ""), "unreadable"],
  ["an update without anybody", { update_id: 1 }, "stranger"],
  ["a member's inline query", other("inline_query", { from: person(2) }), "nothing"],
  ["a stranger's inline query", other("inline_query", { from: person(3) }), "stranger"],
  ["a member's reaction", other("message_reaction", { user: person(2) }), "nothing"],
  [
    "a stranger in a known group reacts",
    other("message_reaction", { user: person(3), chat: group(-5) }),
    "stranger",
  ],
  ["a boost of a known group", other("chat_boost", { chat: group(-5) }), "nothing"],
  ["a post of a channel", other("channel_post", { chat: group(-9) }), "stranger"],
  ["nonsense", other("message", 5), "stranger"],
];
for (const [name, given, kind, text] of cases)
  it(`${name}: ${kind}`, () => {
    const read = readUpdate(given, bot, admission);
    assert.equal(read.kind, kind);
    assert.equal(read.kind === "message" ? read.content.text : undefined, text);
  });

it("tells apart what Telegram numbers alike", () => {
  const keyOf = (given: Update): string => {
    const read = readUpdate(given, bot, admission);
    assert.equal(read.kind, "message");
    return read.kind === "message" ? read.key : "";
  };
  const first = keyOf(update(1, alone(1), "one"));
  assert.equal(keyOf(update(1, alone(1), "one")), first);
  assert.notEqual(keyOf(update(1, alone(1), "one", { message_id: 4 })), first);
  assert.notEqual(keyOf(update(2, alone(2), "one")), first);
});

it("takes an edited text or caption as an edit, and an edited picture or place as nothing", () => {
  const edit = (from: number, more: Partial<Message>): Update => {
    const { message, update_id } = update(from, alone(from), "новые слова", more);
    return { update_id, edited_message: message as Message & Update.Edited & Update.NonChannel };
  };
  const read = readUpdate(edit(2, {}), bot, admission);
  assert.equal(read.kind === "message" && read.isEdit, true);
  const first = readUpdate(update(2, alone(2), "новые слова"), bot, admission);
  assert.equal(first.kind === "message" && first.isEdit, false);
  const document = { file_id: "F", file_unique_id: "F" };
  for (const [more, isEdit] of [
    [{ document, caption: "новая подпись" }, true],
    [{ document }, false],
    [{ location: {} }, false],
  ] as const) {
    const edited = edit(2, { ...(more as Partial<Message>), text: undefined as unknown as string });
    const { kind } = readUpdate(edited, bot, admission);
    assert.equal(kind, isEdit ? "message" : "nothing");
  }
  assert.equal(readUpdate(edit(3, {}), bot, admission).kind, "stranger");
});
