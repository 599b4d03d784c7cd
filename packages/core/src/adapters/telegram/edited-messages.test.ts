import assert from "node:assert/strict";
import { it } from "node:test";
import { EditedMessages, knownTextsMax, saidAnew } from "./edited-messages.ts";
import type { Incoming } from "./read-update.ts";
import type { BotOperations } from "./bot-operations.ts";

const said = (message: number, text: string): Incoming & { readonly kind: "message" } => ({
  kind: "message",
  user: 1,
  place: { chat: "1", replyTo: message },
  key: `${message}`,
  content: { text, texts: [], files: [] },
  isEdit: true,
  appLanguage: undefined,
});

it("knows the last words of so many messages, and of none before them", () => {
  const edited = new EditedMessages({
    deliveries: { deliveries: () => [] },
    records: { record: () => undefined } as never,
    operations: {} as BotOperations,
  });
  assert.equal(edited.isSame(said(0, "слово")), false, "it is not known yet");
  for (let message = 0; message < knownTextsMax; message += 1) edited.note(said(message, "слово"));
  assert.ok(edited.isSame(said(0, "слово")), "at the limit");
  assert.equal(edited.isSame(said(0, "слова")), false);
  edited.note(said(0, "слова"));
  edited.note(said(knownTextsMax, "слово"));
  assert.ok(edited.isSame(said(0, "слова")), "it was seen again");
  assert.equal(edited.isSame(said(1, "слово")), false, "one over the limit");
});

it("says an edit anew under a key of its own, and the same command under the same", () => {
  const [speech, command] = [said(1, "слово"), said(1, "/help")];
  assert.notEqual(saidAnew(speech, "ru").key, speech.key);
  assert.equal(saidAnew(command, "ru"), command);
});
