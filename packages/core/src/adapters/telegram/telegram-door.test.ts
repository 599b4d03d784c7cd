import assert from "node:assert/strict";
import { it } from "node:test";
import { startTelegramEmulator } from "@adyton/emulators";
import { DoorWatch } from "./door-watch.ts";
import { TelegramClient } from "./telegram-client.ts";
import { telegramDoor } from "./telegram-door.ts";

const group = "-5";
const otherGroup = "-6";

it("is open while one group has had its fill, and closed when no chat takes any more", async () => {
  await using telegram = await startTelegramEmulator({
    pace: { perChatSecond: 100, perSecond: 100, perGroupMinute: 1 },
    // Its minute lasts as long as the test.
    now: () => 0,
  });
  for (const id of [group, otherGroup]) telegram.group({ id: Number(id), title: "люди" });
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
  assert.deepEqual([await placed(group), await placed(group)], ["done", "later"]);
  assert.equal(await placed(otherGroup), "done", "the other one is served");
  assert.equal(await placed(group), "later");
  nowMs = 20_000;
  watch.polled(nowMs);
  assert.equal(watch.closed(nowMs), undefined);
  assert.equal(watch.waiting(nowMs)?.failure?.status, 429);
  assert.equal(await placed(otherGroup), "later");
  nowMs = 40_000;
  watch.polled(nowMs);
  assert.equal(watch.closed(nowMs)?.sinceMs, 20_000);
});
