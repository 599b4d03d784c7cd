import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attachmentsMax, attachmentTextCharsMax } from "@adyton/protocol";
import { documentWords } from "../../document-words.ts";
import type { Heard } from "../../ports/file-words.ts";
import {
  documentBytesMax,
  Gatherer,
  type GatherOptions,
  pdfsAtOnceMax,
  pictureBytesMax,
  recordingBytesMax,
  recordingsAtOnceMax,
  recordingSecondsMax,
  Refused,
} from "./gather.ts";
import type { FileRef } from "./message-content.ts";
import type { WorkNote } from "./message-work.ts";

const { signal } = new AbortController();
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};
const png = (bytes: number): Buffer => {
  const picture = Buffer.alloc(bytes);
  picture.write("89504e470d0a1a0a", "hex");
  return picture;
};

/** A gatherer over files by their ids, and the ids that were fetched. */
function gathererOf(
  files: Readonly<Record<string, Buffer | string>>,
  more: Partial<GatherOptions> = {},
) {
  const fetched: string[] = [];
  const notes: WorkNote[] = [];
  const gatherer = new Gatherer({
    fetcher: {
      fetch: async (id) => {
        fetched.push(id);
        const bytes = files[id];
        return bytes === undefined
          ? { kind: "gone" }
          : { kind: "fetched", bytes: Buffer.from(bytes) };
      },
    },
    readDocument: documentWords,
    hear: async (): Promise<Heard> => ({ kind: "heard", words: " какая погода? " }),
    language: "ru",
    ...more,
  });
  const gather = (refs: readonly FileRef[], texts: readonly { text: string }[] = []) =>
    gatherer.gather(
      { texts: [...texts], files: [...refs] },
      { known: notes, add: async (note) => void notes.push(note) },
      signal,
    );
  const refusal = async (refs: readonly FileRef[], texts: readonly { text: string }[] = []) => {
    try {
      await gather(refs, texts);
    } catch (error) {
      assert.ok(error instanceof Refused, String(error));
      return error.words.ru;
    }
    return "";
  };
  return { gatherer, gather, refusal, fetched, notes };
}
const document = (id: string, more: Partial<FileRef> = {}): FileRef => ({
  use: "document",
  id,
  name: `${id}.txt`,
  ...more,
});
const voice = (more: Partial<FileRef> = {}): FileRef => ({ use: "speech", id: "v", ...more });

describe("what a message brings along", () => {
  it("is texts and pictures, each under its name", async () => {
    const { gather } = gathererOf({ a: "привет", p: png(20) });
    const { attachments } = await gather(
      [document("a"), { use: "picture", id: "p" }],
      [{ text: "x" }],
    );
    assert.deepEqual(attachments, [
      { kind: "text", text: "x" },
      { kind: "text", name: "a.txt", text: "привет" },
      { kind: "picture", mediaType: "image/png", data: png(20).toString("base64") },
    ]);
  });

  it("is refused past each limit, before it is fetched where Telegram told its size", async () => {
    const limits: readonly [(size: number) => FileRef, number][] = [
      [(bytes) => document("a", { bytes }), documentBytesMax],
      [(bytes) => ({ use: "picture", id: "p", bytes }), pictureBytesMax],
      [(bytes) => voice({ bytes }), recordingBytesMax],
      [(seconds) => voice({ seconds }), recordingSecondsMax],
    ];
    for (const [refOf, most] of limits) {
      const { refusal, fetched } = gathererOf({ a: "a", p: png(20), v: "ogg" });
      assert.equal(await refusal([refOf(most)]), "");
      assert.equal(fetched.length, 1);
      assert.match(await refusal([refOf(most + 1)]), /слишком/u);
      assert.equal(fetched.length, 1, "nothing was fetched");
    }
    const files = Array.from({ length: attachmentsMax }, () => document("a"));
    const { refusal } = gathererOf({ a: "a" });
    assert.equal(await refusal(files), "");
    assert.match(await refusal(files, [{ text: "x" }]), /не больше 10 файлов/u);
  });

  it("is measured once it is there, whatever Telegram told of it", async () => {
    const { refusal } = gathererOf({
      a: Buffer.alloc(documentBytesMax + 1, "a"),
      p: png(pictureBytesMax + 1),
    });
    assert.match(await refusal([document("a")]), /^a\.txt: слишком велико/u);
    assert.match(await refusal([{ use: "picture", id: "p" }]), /^Файл: слишком велико/u);
    const fits = gathererOf({ p: png(pictureBytesMax) });
    assert.equal(await fits.refusal([{ use: "picture", id: "p" }]), "");
    const many = Array.from({ length: 4 }, (): FileRef => ({ use: "picture", id: "p" }));
    assert.match(await fits.refusal(many), /^Вместе это слишком много/u);
  });

  it("is cut to what a message takes, and says so", async () => {
    const whole = "я".repeat(attachmentTextCharsMax);
    const { gather } = gathererOf({ a: whole, b: `${whole}я` });
    assert.deepEqual((await gather([document("a")])).remarks, []);
    const { attachments, remarks } = await gather([document("b")]);
    assert.deepEqual(attachments, [{ kind: "text", name: "b.txt", text: whole }]);
    assert.deepEqual(remarks, ["(b.txt: первые знаки, 200000 из 200001.)"]);
    const named = await gather([document("b", { name: "[да](https://evil.example/x).txt" })]);
    assert.match(named.remarks[0] ?? "", /^\(\[да\] \(hxxps:\/\/evil\[\.\]example\/x\)\.txt:/u);
    const { remarks: heard } = await gathererOf(
      { v: "ogg" },
      { hear: async () => ({ kind: "heard", words: "www.evil.example/pay" }) },
    ).gather([voice({ use: "recording" })]);
    assert.deepEqual(heard, ["🎤 «www[.]evil[.]example/pay»"]);
  });

  it("waits, not fetched yet, while as many PDFs as may be are read; other documents do not", async () => {
    const held: (() => void)[] = [];
    const readDocument: GatherOptions["readDocument"] = (_bytes, mediaType) =>
      mediaType === "application/pdf"
        ? new Promise((resolve) => held.push(() => resolve({ kind: "text", text: "да" })))
        : Promise.resolve({ kind: "text", text: "yes" });
    const ids = Array.from({ length: pdfsAtOnceMax + 1 }, (_, at) => `p${at}`);
    const files = Object.fromEntries([...ids, "a"].map((id) => [id, "%PDF-"]));
    const all = gathererOf(files, { readDocument });
    const gathering = ids.map((id) => all.gather([document(id, { name: `${id}.pdf` })]));
    await until(() => held.length >= pdfsAtOnceMax);
    await all.gather([document("a")]);
    assert.deepEqual(all.fetched, [...ids.slice(0, -1), "a"]);
    held[0]?.();
    await until(() => held.length >= pdfsAtOnceMax + 1);
    assert.deepEqual(all.fetched, [...ids.slice(0, -1), "a", ...ids.slice(-1)]);
    for (const release of held) release();
    await Promise.all(gathering);
  });

  it("is refused in words where nothing can be read in it", async () => {
    const broken = Buffer.from([0xff, 0xfe, 0x00]);
    const { refusal } = gathererOf({ a: broken, b: "  ", p: "no picture" });
    assert.equal(await refusal([document("a")]), "a.txt: это не текст в UTF-8.");
    assert.match(await refusal([document("b")]), /текста нет/u);
    assert.match(await refusal([document("c")]), /больше нет/u);
    assert.match(await refusal([document("a", { name: "a.exe" })]), /такого я не читаю/u);
    assert.match(await refusal([{ use: "picture", id: "p" }]), /такого я не читаю/u);
    assert.equal(
      await refusal([document("b", { name: "b", mediaType: "text/x-diff" })]),
      await refusal([document("b", { name: "b", mediaType: "text/plain" })]),
    );
  });
});

describe("a voice", () => {
  it("is what its sender says, and somebody else's is material", async () => {
    const { gather, fetched, notes } = gathererOf({ v: "ogg" });
    const own = await gather([voice()]);
    assert.deepEqual(own, {
      attachments: [],
      spoken: ["какая погода?"],
      remarks: ["🎤 «какая погода?»"],
    });
    assert.deepEqual(notes, [{ heardIn: "v", words: "какая погода?" }]);
    const foreign = await gather([voice({ use: "recording" })]);
    assert.deepEqual(foreign.attachments, [{ kind: "text", text: "какая погода?" }]);
    assert.deepEqual(fetched, ["v"], "what was heard once is not heard again");
  });

  it("waits, not fetched yet, while as many as may be are listened to", async () => {
    const held: (() => void)[] = [];
    const hear = (): Promise<Heard> =>
      new Promise((resolve) => held.push(() => resolve({ kind: "heard", words: "да" })));
    const ids = Array.from({ length: recordingsAtOnceMax + 1 }, (_, at) => `v${at}`);
    const all = gathererOf(Object.fromEntries(ids.map((id) => [id, "ogg"])), { hear });
    const gathering = ids.map((id) => all.gather([voice({ id })]));
    await until(() => held.length >= recordingsAtOnceMax);
    assert.deepEqual(all.fetched, ids.slice(0, -1));
    held[0]?.();
    await until(() => held.length >= recordingsAtOnceMax + 1);
    assert.deepEqual(all.fetched, ids);
    for (const release of held) release();
    await Promise.all(gathering);
  });

  it("is refused where nobody listens, or there is nothing to hear", async () => {
    const deaf = gathererOf({ v: "ogg" }, { hear: undefined });
    assert.match(await deaf.refusal([voice()]), /Слушать записи/u);
    assert.deepEqual(deaf.fetched, []);
    const silent = gathererOf({ v: "ogg" }, { hear: async () => ({ kind: "heard", words: " " }) });
    assert.match(await silent.refusal([voice()]), /Слов я там не услышал/u);
    const detail = { en: "busy", ru: "занят" };
    const failing = gathererOf({ v: "ogg" }, { hear: async () => ({ kind: "failed", detail }) });
    assert.equal(await failing.refusal([voice()]), "занят");
    assert.deepEqual(failing.notes, []);
  });
});
