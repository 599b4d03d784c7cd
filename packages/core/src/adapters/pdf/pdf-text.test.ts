import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pdfLimits, pdfText } from "./pdf-text.ts";
import { makePdf } from "./test/make-pdf.ts";

const page = (...texts: readonly string[]) =>
  texts.map((text, index) => ({ y: 700 - 16 * index, text }));
const report = makePdf(
  [
    [...page("Котёл чинили в мае, и на-", "сос тоже."), { y: 600, text: "Second paragraph." }],
    [],
    page("Page three: the boiler."),
  ],
  { title: "Отчёт за май" },
);
/** Half a megabyte that unpacks to hundreds: whoever trusts it fills his memory. */
const bomb = makePdf([[]], { content: Buffer.alloc(300_000_000, "q ") });

describe("the text of a PDF", () => {
  it("has its pages, its paragraphs and its title, in both languages", async () => {
    const pages = [
      "Котёл чинили в мае, и насос тоже.\n\nSecond paragraph.",
      "",
      "Page three: the boiler.",
    ];
    assert.deepEqual(await pdfText(report), {
      kind: "text",
      text: pages.join("\f"),
      title: "Отчёт за май",
    });
  });

  for (const [what, bytes, reason] of [
    ["a file of another kind", Buffer.from("hello"), "not_pdf"],
    ["a file that only begins like one", Buffer.from("%PDF-1.7\nrubbish"), "not_pdf"],
    ["pages without text", makePdf([[], []]), "no_text"],
    ["a file under a password", makePdf([page("тайна")], { isLocked: true }), "encrypted"],
  ] as const)
    it(`is refused: ${what}`, async () =>
      assert.deepEqual(await pdfText(bytes), { kind: "refused", reason }));

  for (const [before, reason] of [
    [1_019, "took_too_long"],
    [1_020, "not_pdf"],
  ] as const)
    it(`${reason === "not_pdf" ? "costs no" : "takes a"} process with ${before} bytes before its head`, async () => {
      const bytes = Buffer.concat([Buffer.alloc(before), report]);
      // No process ends within a millisecond.
      const limits = { ...pdfLimits, readMsMax: 1 };
      assert.deepEqual(await pdfText(bytes, limits), { kind: "refused", reason });
    });

  it("may be so long and no longer", async () => {
    const bytes = makePdf([page("x".repeat(20))]);
    const long = (textCharsMax: number) => pdfText(bytes, { ...pdfLimits, textCharsMax });
    assert.equal((await long(20)).kind, "text");
    assert.deepEqual(await long(19), { kind: "refused", reason: "too_large" });
  });

  it("may have so many pages and no more", async () => {
    const pages = (pagesMax: number) => pdfText(report, { ...pdfLimits, pagesMax });
    assert.equal((await pages(3)).kind, "text");
    assert.deepEqual(await pages(2), { kind: "refused", reason: "too_large" });
  });

  it("is given up when it takes too long, whatever it is", async () => {
    const refused = { kind: "refused", reason: "took_too_long" };
    assert.deepEqual(await pdfText(report, { ...pdfLimits, readMsMax: 1 }), refused);
  });

  it("is given up when whoever waits for it does not want it any more", async () => {
    const stop = new AbortController();
    const reading = pdfText(bomb, pdfLimits, stop.signal);
    stop.abort(new Error("stopped"));
    await assert.rejects(reading, /stopped/);
    await assert.rejects(pdfText(report, pdfLimits, stop.signal), /stopped/);
  });

  it("is given up when it takes too much memory", async () => {
    const residentMib = 250;
    const { platform } = process;
    if (platform === "linux")
      assert.deepEqual(await pdfText(bomb, { ...pdfLimits, residentMib }), {
        kind: "refused",
        reason: "too_much_memory",
      });
    assert.equal(
      (await pdfText(report, { ...pdfLimits, residentMib })).kind,
      "text",
      "the control",
    );
  });
});
