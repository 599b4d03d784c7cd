import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DocumentRequest, ExportLine, FactRequest } from "@adyton/protocol";
import { canonicalJson, chainedHash } from "@adyton/runtime/line-chain";
import { ProblemError } from "../domain/problem-error.ts";
import { manualAuthor } from "../domain/search/search-contract.ts";
import { openApp, type OpenApp, person, until } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";

const dayMs = 86_400_000;

/** Everything that an export may hold, in two languages, and what it may not. */
async function fill(app: OpenApp): Promise<void> {
  app.clock.ms = Date.UTC(2026, 4, 1);
  const anna = person("anna");
  const add = (text: string, more: object, by = owner) =>
    app.memory.add(DocumentRequest.parse({ title: "Заметка", text, ...more }), by);
  await add("Котёл греет воду.", { source: "a.md", mediaType: "text/markdown" });
  await add('Line one\r\n\tline \u2028two 🙂 "quoted"', {
    source: "b.txt",
    expiresAt: "2027-01-01T00:00:00Z",
  });
  await add(
    "Общее: лифт починен.",
    { source: "c.md", shared: true, originalSha256: "a".repeat(64) },
    anna,
  );
  await add("Somebody's words.", { source: "x.html", mediaType: "text/html", external: true });
  await add("Секрет Анны: малина.", { source: "d.md" }, anna);
  await add("Long gone.", { source: "e.md", expiresAt: "2026-05-02T00:00:00Z" });
  await app.memory.addAll(
    [DocumentRequest.parse({ title: "Guide", text: "The manual.", shared: true })],
    {
      ...owner,
      id: manualAuthor,
    },
  );
  const store = (request: object) =>
    app.facts.store({
      request: FactRequest.parse(request),
      person: "owner",
      by: owner,
      said: { source: "owner", tier: "owner" },
    });
  await store({ subject: "Анна", attribute: "город", value: "Тверь" });
  app.clock.ms += dayMs;
  await store({ subject: "Анна", attribute: "город", value: "Псков" });
  await store({
    subject: "Boiler",
    attribute: "serviced",
    value: "May",
    validFrom: "2026-05-01T00:00:00Z",
    validTo: "2026-06-01T00:00:00Z",
    confidence: 0.5,
    shared: true,
  });
  const wrong = await store({ subject: "Boiler", attribute: "colour", value: "pink" });
  assert.ok(wrong.kind === "stored");
  await app.facts.retract(wrong.fact.factId, owner);
  await app.blocks.save({ name: "привычки", text: "Отвечай кратко." }, owner);
  await app.blocks.save({ name: "style", text: "Be brief.\nNo jokes." }, owner);
}

async function exported(app: OpenApp): Promise<ExportLine[]> {
  const lines: ExportLine[] = [];
  const { signal } = new AbortController();
  await app.transfer.export(
    {
      signal,
      drained: () => Promise.resolve(),
      send: ({ data }) => lines.push(ExportLine.parse(data)) > 0,
    },
    owner,
  );
  return lines;
}

const bytes = (lines: readonly ExportLine[]) => lines.map(canonicalJson).join("\n");

/** Imports in parts of so many lines, as they stand in a file. */
async function imported(app: OpenApp, lines: readonly unknown[], size: number) {
  let after: { line: number; hash: string } | undefined;
  const total = { added: 0, unchanged: 0, complete: false };
  for (let at = 0; at < lines.length; at += size) {
    const report = await app.transfer.import({ after, lines: lines.slice(at, at + size) }, owner);
    after = { line: report.line, hash: report.hash };
    total.added += report.added;
    total.unchanged += report.unchanged;
    total.complete = report.complete;
  }
  return total;
}

describe("an exported memory", () => {
  it("holds what the owner finds, without the manual, the expired and what is another's", async () => {
    await using app = await openApp();
    await fill(app);
    const lines = await exported(app);
    assert.deepEqual(
      lines.map(({ item }) => item.kind),
      [
        "header",
        "document",
        "document",
        "document",
        "document",
        "fact",
        "fact",
        "fact",
        "block",
        "block",
        "manifest",
      ],
    );
    const text = bytes(lines);
    for (const secret of ["малина", "manual", "Long gone", "pink"])
      assert.ok(!text.includes(secret), secret);
    const manifest = lines.at(-1)?.item;
    assert.deepEqual(manifest, { kind: "manifest", lines: 10, documents: 4, facts: 3, blocks: 2 });
  });

  it("is written no faster than it is taken", async () => {
    await using app = await openApp();
    await fill(app);
    const { signal } = new AbortController();
    let sent = 0;
    let take = Promise.withResolvers<void>();
    const done = app.transfer.export(
      {
        signal,
        drained: () => take.promise,
        send: () => {
          sent += 1;
          return true;
        },
      },
      owner,
    );
    for (let taken = 1; taken <= 11; taken += 1) {
      await until("the next line", () => sent >= taken);
      // More turns of the event loop than a line takes when nobody holds it up.
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      assert.equal(sent, taken);
      const { resolve } = take;
      take = Promise.withResolvers<void>();
      resolve();
    }
    await done;
    assert.equal(sent, 11);
  });

  for (const size of [1, 3, 1_000])
    it(`is the same, byte for byte, after an import in parts of ${size}`, async () => {
      await using from = await openApp();
      await fill(from);
      const before = await exported(from);
      await using to = await openApp();
      to.clock.ms = Date.UTC(2026, 6, 1);
      const written: unknown[] = before.map((line) => JSON.parse(JSON.stringify(line)));
      assert.deepEqual(await imported(to, written, size), {
        added: 9,
        unchanged: 0,
        complete: true,
      });
      assert.equal(bytes(await exported(to)), bytes(before));
      // It is the memory, and not only its text: found, trusted as before, valid as before.
      const { hits } = await to.memory.search("починка лифтов", owner);
      assert.equal(hits[0]?.provenance.ingestedBy, person("anna").id);
      assert.equal(hits[0]?.provenance.tier, "member");
      const external = await to.memory.search("somebody's words", owner);
      assert.equal(external.hits[0]?.provenance.tier, "external");
      const { facts } = to.facts.list({ subject: "анна" }, owner);
      assert.deepEqual(
        facts.map(({ value }) => value),
        ["Псков"],
      );
      assert.deepEqual(await imported(to, written, size), {
        added: 0,
        unchanged: 9,
        complete: true,
      });
      assert.equal(bytes(await exported(to)), bytes(before), "once more changes nothing");
    });

  it("is refused at the line that was tampered with, and nothing of it is taken", async () => {
    await using from = await openApp();
    await fill(from);
    const lines = await exported(from);
    const swap = (at: number): ExportLine[] => {
      const [left, right] = [lines[at], lines[at + 1]];
      assert.ok(left !== undefined && right !== undefined);
      return lines.with(at, right).with(at + 1, left);
    };
    const changed = (at: number, from_: string, to: string): unknown[] =>
      lines.map((line, index) =>
        index === at ? JSON.parse(JSON.stringify(line).replace(from_, to)) : line,
      );
    const rehashed = { line: 1, item: { kind: "header", format: "adyton-memory", version: 2 } };
    const [header = assert.fail()] = lines;
    const item = { kind: "manifest", lines: 2, documents: 0, facts: 0, blocks: 0 };
    const miscounted = { line: 2, hash: chainedHash(header.hash, item), item };
    const cases: ReadonlyArray<readonly [string, readonly unknown[], number]> = [
      ["a word", changed(1, "воду", "воздух"), 2],
      ["a trust", changed(3, '"member"', '"owner"'), 4],
      ["a hash", changed(5, lines[5]?.hash ?? "", "0".repeat(64)), 6],
      ["an order", swap(4), 5],
      ["a line left out", lines.toSpliced(6, 1), 7],
      ["a line twice", lines.toSpliced(6, 0, lines[6] ?? assert.fail()), 8],
      ["a key that no line has", changed(2, '"item":{', '"item":{"admin":true,'), 3],
      ["no line at all", lines.with(7, null as unknown as ExportLine), 8],
      ["a later version", [{ ...rehashed, hash: chainedHash("", rehashed.item) }], 1],
      ["no header", lines.slice(1), 1],
      ["something after the manifest", [...lines, lines[1]], 11],
      ["a manifest that miscounts", [header, miscounted], 2],
    ];
    for (const [what, wrong, line] of cases) {
      await using to = await openApp();
      await assert.rejects(
        to.transfer.import({ lines: [...wrong] }, owner),
        (error) =>
          error instanceof ProblemError &&
          error.problem.code === "invalid_body" &&
          error.problem.errors?.[0]?.message.startsWith(`line ${line}:`) === true,
        what,
      );
      assert.equal(to.memory.documentCount + to.facts.count, 0, what);
    }
    await using to = await openApp();
    assert.equal((await to.transfer.import({ lines }, owner)).complete, true, "the control");
    assert.equal(
      (await to.transfer.import({ lines: lines.slice(0, -1) }, owner)).complete,
      false,
      "cut off",
    );
  });
});
