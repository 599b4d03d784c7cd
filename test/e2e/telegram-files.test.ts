import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Rule,
  startOpenAiEmulator,
  startTelegramEmulator,
  type TelegramEmulator,
} from "@adyton/emulators";
import { startBot } from "./bot-node.ts";
import { readsDocuments } from "./sent-documents.ts";
import { rawTraces } from "./raw-bytes.ts";
import { answersTo } from "./bot-answers.ts";

const answerMsMax = 20_000;

/** Says what was asked of what stands behind the fences, and how many pictures there were. */
const reader: Rule = {
  reply: ({ messages, body }) => {
    const text = messages.at(-1)?.text ?? "";
    const inside = [...text.matchAll(/^<external [^>]+>\n(.*?)\n<\/external/gmsu)]
      .map(([, words = ""]) => words.replaceAll(/[^\p{L}\p{N}.,:/]+/gu, " ").trim())
      .join(" | ");
    const pictures = JSON.stringify(body).split("data:image/").length - 1;
    const asked = text
      .split("\n")
      .at(-1)
      ?.replace(/^(?:Request|Просьба): /u, "");
    return `${asked} → ${inside}${pictures === 0 ? "" : ` + ${pictures}`}`.trim();
  },
};

const png = Buffer.from("89504e470d0a1a0a0000", "hex");
const file = (name: string, bytes: Buffer | string = "", mediaType = "text/plain") => ({
  name,
  bytes: Buffer.from(bytes),
  mediaType,
});

/** The person who owns the node, and what it was told last. */
function ownerOf(telegram: TelegramEmulator) {
  const owner = telegram.person({ id: 1 });
  const last = (): string => answersTo(owner).at(-1)?.text ?? "";
  const told = async (wanted: string | RegExp): Promise<void> => {
    const isTold = (): boolean =>
      typeof wanted === "string" ? last() === wanted : wanted.test(last());
    await telegram.waitUntil(isTold, answerMsMax).catch(() => undefined);
    if (typeof wanted === "string") assert.equal(last(), wanted);
    else assert.match(last(), wanted);
  };
  return { owner, told };
}

describe("files in Telegram", { concurrency: true }, () => {
  it("reads documents and pictures, and keeps nothing unless its owner says so", async () => {
    await using telegram = await startTelegramEmulator();
    await using model = await startOpenAiEmulator({ rules: [reader] });
    await using node = await startBot(telegram, model, { language: "ru" });
    const { owner, told } = ownerOf(telegram);
    const plan = file("план.md", "# План\n\nСнос в мае. См. https://evil.example/x");
    const sent = owner.sendFile("document", plan, "О чём это?");
    await told("О чём это? → план.md План Снос в мае. См. hxxps://evil[.]example/x");
    owner.say("Когда?", { replyTo: sent.id });
    await told("Когда? → О чём это | план.md План Снос в мае. См. hxxps://evil[.]example/x");
    owner.sendFile("photo", file("p", png), "");
    await told("Что это? Скажи коротко. →  + 1");

    // An album is several updates, and one question.
    for (const [at, caption] of ["сравни", "", ""].entries())
      owner.sendFile("photo", file(`p${at}`, png), caption, { extra: { media_group_id: "7" } });
    await told("сравни →  + 3");

    owner.sendFile("document", file("a.exe", "MZ", "application/x-msdownload"), "что там?");
    await told(/^a\.exe: такого я не читаю/u);
    owner.sendFile("document", file("a.pdf", "no pdf"), "что там?");
    await told("a.pdf: это не PDF.");
    owner.sendFile("document", file("big.txt", Buffer.alloc(10 * 1024 * 1024 + 1, "a")), "?");
    await told("big.txt: слишком велико, я беру не больше 10 МиБ.");
    assert.ok(
      !telegram.calls.some(({ method, values }) => method === "file" && values["path"] === ""),
    );

    const before = await node.journal("memory.document.added");
    owner.sendFile("document", plan, "/memory add Наш план");
    await told(/^В памяти: «Наш план», знаков: \d+, как чужие слова\.$/u);
    const added = (await node.journal("memory.document.added")).slice(before.length);
    assert.deepEqual(
      added.map(({ facts, data }) => [data.title, facts.external]),
      [["Наш план", true]],
    );
    const member = telegram.person({ id: 2 });
    member.sendFile("document", plan, "/memory add");
    await telegram.waitUntil(
      () => answersTo(member).at(-1)?.text.startsWith("Вам это не разрешено") === true,
      answerMsMax,
    );
    assert.equal(telegram.pending, 0);
    const said = JSON.stringify(await node.journal()) + node.errors;
    assert.ok(!said.includes(telegram.token), "an address of a file holds the token");
  });

  it("asks once, in order, and loses nothing while files come slowly and the node is killed", async () => {
    await using telegram = await startTelegramEmulator();
    await using model = await startOpenAiEmulator({ rules: [reader] });
    await using node = await startBot(telegram, model);
    const { owner, told } = ownerOf(telegram);
    telegram.setFaults([
      { kind: "hang", methods: ["file"], times: 1 },
      { kind: "cut", afterBytes: 90, methods: ["file"], times: 1 },
    ]);
    owner.sendFile("document", file("a.txt", "alpha"), "what is it?");
    owner.say("and then?");
    const hung = () => telegram.calls.some(({ method }) => method === "file");
    await telegram.waitUntil(() => hung() && telegram.pending === 0, answerMsMax);
    // While one chat waits for its file, another is answered.
    const other = telegram.person({ id: 2 });
    other.say("hello");
    await telegram.waitUntil(() => answersTo(other).at(-1)?.text === "hello →", answerMsMax);
    await node.kill();
    await node.start("configured");
    await told("and then? →");
    assert.deepEqual(
      answersTo(owner)
        .map(({ text }) => text)
        .filter((text) => text !== "…"),
      ["what is it? → a.txt alpha", "and then? →"],
    );
    const asked = await node.journal("turn.received");
    assert.deepEqual(
      asked.map(({ data }) => data?.text),
      // The other person's words are not the owner's to read.
      [undefined, "what is it?", "and then?"],
      "each was asked once, in the order of its chat",
    );
  });

  it("reads each form of a document", async () => {
    await using telegram = await startTelegramEmulator();
    await using model = await startOpenAiEmulator();
    await using node = await startBot(telegram, model);
    await readsDocuments(telegram, model);
    assert.equal((await node.journal("turn.received")).length, 4, "each was asked about once");
  });

  it("forgets with a question what came with it: captions, names and words, to the byte", async () => {
    await using telegram = await startTelegramEmulator();
    await using model = await startOpenAiEmulator({ rules: [reader] });
    await using node = await startBot(telegram, model, { language: "ru" });
    const { owner, told } = ownerOf(telegram);
    const secret = "Шмурделка лежит за третьим камнем у старой клопундры, слева от двери погреба.";
    const words = ["Шмурделка", "клопундры", "хрюндель", "бармаглот"];
    const extra = { forward_origin: { type: "hidden_user", date: 0 }, media_group_id: "9" };
    owner.sendFile("document", file("хрюндель.txt", secret), secret, { extra });
    owner.sendFile("document", file("бармаглот.txt", "Ворота."), "", { extra });
    await told(/бармаглот/u);
    const of = (types: RegExp, part: string) => async (): Promise<number> =>
      (await node.journal()).filter(
        ({ type, data }) => types.test(type) && JSON.stringify(data ?? "").includes(part),
      ).length;
    const opened = of(/^delivery\.opened$/u, "хрюндель");
    const noted = of(/^delivery\.noted$/u, "бармаглот");
    assert.deepEqual([await opened(), await noted()], [1, 1], "control: it was written down");
    assert.ok(rawTraces(node.home, secret, words).size > 0, "control: it is on disk");
    owner.say("/forget last");
    await telegram.waitUntil(() => answersTo(owner).at(-1)?.markup !== undefined, answerMsMax);
    owner.say("/forget yes");
    await told(/осталось в файлах: 0/u);
    assert.deepEqual([await opened(), await noted()], [0, 0]);
    const left = rawTraces(node.home, secret, words);
    assert.deepEqual([...left], []);
    assert.equal((await node.verify()).json.clean, true);
  });
});
