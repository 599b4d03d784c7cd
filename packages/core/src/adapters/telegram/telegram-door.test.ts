import assert from "node:assert/strict";
import { it } from "node:test";
import { startTelegramEmulator } from "@adyton/emulators";
import { DoorWatch } from "./door-watch.ts";
import { TelegramClient } from "./telegram-client.ts";
import { telegramDoor } from "./telegram-door.ts";

const groups = ["-5", "-6"] as const;
const people = ["1", "2"] as const;

it("is open while groups have had their fill, and closed when no chat takes any more", async () => {
  await using telegram = await startTelegramEmulator({
    // What both groups and one person get is all that anybody gets.
    pace: { perChatSecond: 100, perSecond: 3, perGroupMinute: 1 },
    // Its minute lasts as long as the test, and so does its second.
    now: () => 0,
  });
  for (const id of groups) telegram.group({ id: Number(id), title: "люди" });
  for (const id of people) telegram.person({ id: Number(id) });
  const { token, apiRoot } = telegram;
  using client = new TelegramClient({ token: { reveal: () => token }, apiRoot });
  const watch = new DoorWatch(0);
  watch.polled(0);
  let nowMs = 0;
  const door = telegramDoor({
    client: () => client,
    language: "en",
    drafts: false,
    onSent: (chat, failure) => watch.sent(nowMs, chat, failure),
  });
  const { signal } = new AbortController();
  const placed = async (chat: string) => (await door.place({ chat }, signal)).kind;
  for (const chat of groups) assert.equal(await placed(chat), "done");
  assert.equal(await placed(people[0]), "done");
  for (const chat of groups) assert.equal(await placed(chat), "later");
  nowMs = 20_000;
  watch.polled(nowMs);
  assert.equal(watch.closed(nowMs), undefined);
  assert.equal(watch.waiting(nowMs)?.failure?.status, 429);
  for (const chat of people) assert.equal(await placed(chat), "later");
  nowMs = 40_000;
  watch.polled(nowMs);
  assert.equal(watch.closed(nowMs)?.sinceMs, 20_000);
});
