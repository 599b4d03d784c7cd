import assert from "node:assert/strict";
import type { OpenAiEmulator, TelegramEmulator } from "@adyton/emulators";
import { makePdf } from "../../packages/core/src/adapters/pdf/test/make-pdf.ts";
import { answersTo } from "./bot-answers.ts";

const answerMsMax = 20_000;
const documents = [
  ["a.pdf", makePdf([[{ y: 700, text: "Мост pdf закрыт" }]])],
  ["a.csv", Buffer.from("мост,состояние\ncsv,закрыт\n")],
  ["a.json", Buffer.from('{"мост": "json закрыт"}')],
  ["a.html", Buffer.from("<script>alert(1)</script><p>Мост html закрыт</p>")],
] as const;

/** Sends the bot a document of each form, and checks that a model is given its words. */
export async function readsDocuments(
  telegram: TelegramEmulator,
  model: OpenAiEmulator,
): Promise<void> {
  const owner = telegram.person({ id: 1 });
  const earlier = model.requests.length;
  const told = answersTo(owner).length;
  for (const [name, bytes] of documents)
    owner.sendFile("document", { name, bytes, mediaType: "application/octet-stream" }, `о ${name}`);
  const answered = () =>
    answersTo(owner)
      .slice(told)
      .filter(({ text, markup }) => text !== "…" && markup === undefined);
  await telegram.waitUntil(() => answered().length === documents.length, answerMsMax);
  const read = model.requests.slice(earlier).map(({ body }) => JSON.stringify(body));
  for (const [name] of documents) {
    const asked = read.find((text) => text.includes(`о ${name}`)) ?? "";
    assert.ok(asked.includes("закрыт"), `${name}: ${asked}`);
    assert.ok(!asked.includes("alert"), "a page's program is not its words");
  }
  const files = telegram.calls.filter(
    ({ method, outcome }) => method === "file" && outcome === 200,
  );
  assert.equal(files.length, documents.length, "each was fetched once");
}
