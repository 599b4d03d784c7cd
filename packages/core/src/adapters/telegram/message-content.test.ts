import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { messageQuoteCharsMax } from "@adyton/protocol";
import type { Message, PhotoSize } from "grammy/types";
import { chosenSize, type Content, pictureSideMax, readContent } from "./message-content.ts";

const from = { id: 1, is_bot: false, first_name: "Анна" };
const chat = { id: 1, type: "private", first_name: "Анна" } as const;
const message = (more: object): Message => ({ message_id: 1, date: 0, chat, from, ...more });
const contentOf = (more: object, own = ""): Content => {
  const read = readContent(message(more), own);
  assert.equal(read.kind, "content");
  return read.kind === "content" ? read.content : assert.fail();
};
const forwarded = { forward_origin: { type: "hidden_user", date: 0, sender_user_name: "X" } };
const file = (more: object = {}) => ({ file_id: "F", file_unique_id: "U", file_size: 7, ...more });
const none = { text: "", texts: [], files: [] };

describe("a message's content", () => {
  it("is the sender's words, and others' where it was forwarded", () => {
    assert.deepEqual(contentOf({}, "привет"), { ...none, text: "привет" });
    assert.deepEqual(contentOf(forwarded, "/new"), { ...none, texts: [{ text: "/new" }] });
    const photo = [{ ...file(), width: 800, height: 600 }];
    const captioned = contentOf({ ...forwarded, photo }, "чужая подпись");
    assert.deepEqual([captioned.text, captioned.texts], ["", [{ text: "чужая подпись" }]]);
  });

  it("has what it answers to: what is quoted of it, its text or its caption, up to the limit", () => {
    const replied = message({ text: "всё сообщение" });
    assert.equal(contentOf({ reply_to_message: replied }, "a").quote, "всё сообщение");
    const quote = { text: "часть", position: 0 };
    assert.equal(contentOf({ reply_to_message: replied, quote }, "a").quote, "часть");
    const caption = message({ caption: "подпись" });
    assert.equal(contentOf({ reply_to_message: caption }, "a").quote, "подпись");
    const topic = message({ forum_topic_created: { name: "T", icon_color: 1 } });
    assert.equal(contentOf({ reply_to_message: topic }, "a").quote, undefined);
    const long = "ж".repeat(messageQuoteCharsMax);
    assert.equal(contentOf({ quote: { text: long, position: 0 } }, "a").quote, long);
    assert.equal(contentOf({ quote: { text: `${long}ж`, position: 0 } }, "a").quote, long);
  });

  it("takes a point on the map for the sender's words, a named place and a contact for others'", () => {
    const location = { latitude: 59.93, longitude: 30.31 };
    assert.deepEqual(contentOf({ location }), { ...none, text: "📍 59.93, 30.31" });
    const venue = { location, title: "Кафе", address: "Невский, 1" };
    const named = contentOf({ location, venue }, "");
    assert.deepEqual(named, { ...none, texts: [{ text: "Кафе\nНевский, 1\n📍 59.93, 30.31" }] });
    const contact = { first_name: "Иван", last_name: "Петров", phone_number: "+7 000" };
    assert.deepEqual(contentOf({ contact }), { ...none, texts: [{ text: "Иван Петров\n+7 000" }] });
    const passedOn = contentOf({ location, ...forwarded });
    assert.deepEqual(passedOn, { ...none, texts: [{ text: "📍 59.93, 30.31" }] });
  });

  it("names files by what they are good for", () => {
    const uses = (more: object) => contentOf(more).files.map(({ use }) => use);
    const voice = { voice: file({ duration: 3 }) };
    assert.deepEqual(uses(voice), ["speech"]);
    assert.deepEqual(uses({ ...voice, ...forwarded }), ["recording"]);
    const round = contentOf({ video_note: { file_id: "F", length: 240, duration: 3 } });
    assert.deepEqual(round.files, [
      { use: "speech", id: "F", seconds: 3, name: "video.mp4", mediaType: "video/mp4" },
    ]);
    assert.deepEqual(uses({ audio: file({ duration: 3 }) }), ["recording"]);
    assert.deepEqual(uses({ reply_to_message: message(voice) }), ["recording"]);
    assert.deepEqual(uses({ document: file({ file_name: "План.PDF" }) }), ["document"]);
    const drawn = file({ file_name: "план.png", mime_type: "image/png" });
    assert.deepEqual(contentOf({ document: drawn }).files, [
      { use: "picture", id: "F", bytes: 7, name: "план.png", mediaType: "image/png" },
    ]);
    assert.deepEqual(uses({ document: file({ mime_type: "application/zip" }) }), ["document"]);
    assert.deepEqual(uses({ external_reply: { document: file({ file_name: "a.md" }) } }), [
      "document",
    ]);
  });

  it("is none of what cannot be looked at, nor of what nobody says", () => {
    const kindOf = (more: object, own = "") => readContent(message(more), own).kind;
    assert.equal(kindOf({ sticker: file() }), "unreadable");
    assert.equal(kindOf({ video: file() }, "что здесь?"), "unreadable");
    assert.equal(kindOf({ animation: file(), document: file() }), "unreadable");
    assert.equal(kindOf({ something_new: {} }), "unreadable");
    assert.equal(kindOf({ new_chat_members: [from] }), "nothing");
    assert.equal(kindOf({ pinned_message: message({ text: "a" }) }), "nothing");
  });
});

it("chooses of a photo's sizes the largest that a model makes use of", () => {
  const size = (width: number, height = 1): PhotoSize => ({
    file_id: String(width),
    file_unique_id: "U",
    width,
    height,
  });
  const side = (...sizes: PhotoSize[]) => chosenSize(sizes)?.width;
  assert.equal(side(size(90), size(pictureSideMax), size(pictureSideMax + 1)), pictureSideMax);
  assert.equal(side(size(90), size(80, pictureSideMax + 1)), 90);
  assert.equal(side(size(3_000), size(2_000)), 2_000, "the smallest where all are larger");
  assert.equal(side(), undefined);
});
