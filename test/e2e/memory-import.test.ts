import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makePdf } from "../../packages/core/src/adapters/pdf/test/make-pdf.ts";
import { run, type Running, stop, up, type Wanted } from "./cli-process.ts";

const place = mkdtempSync(join(tmpdir(), "adyton-import-"));
const home = join(place, "home");
const notes = join(place, "заметки");
const ask = (args: readonly string[], wanted?: Wanted) => run([...args, "--home", home], wanted);
let node: Running;

before(async () => {
  mkdirSync(join(notes, "вложенная"), { recursive: true });
  mkdirSync(join(notes, ".git"));
  const files: Readonly<Record<string, string>> = {
    "boiler.md": "# Boiler\n\nThe boiler was serviced in May by Anna.\n",
    "насос.txt": "Насос стоит в подвале.\n",
    "page.html": "<title>Печь</title><h1>Печь</h1><p>Печь топят углём.<p hidden>Секрет: малина.",
    "вложенная/rows.csv": "дата,счётчик\n2026-05-01,17\n",
    "вложенная/app.log": "2026-05-01 ERROR лифт застрял\n  at lift.ts:3\n",
    "empty.md": " \n",
    "picture.png": "x",
    ".git/config.md": "# Not this\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(notes, name), text);
  const lines = [{ y: 700, text: "Гарантия на насос: два года." }];
  writeFileSync(join(notes, "гарантия.pdf"), makePdf([[], lines], { title: "Гарантия" }));
  writeFileSync(join(notes, "broken.pdf"), "%PDF-1.7 broken");
  writeFileSync(join(notes, "latin.txt"), Buffer.from([0xff, 0xfe, 0xff]));
  // A circle: whoever follows it never ends.
  symlinkSync(notes, join(notes, "вложенная", "circle"));
  node = await up(["--home", home, "--backend", "none"]);
});
after(async () => {
  await stop(node.child);
  rmSync(place, { recursive: true });
});

const token = (of: string) => readFileSync(join(of, "token"), "utf8").trim();
const report = (out: string): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>;
const counts = ({ added, changed, unchanged }: Record<string, unknown>) => [
  added,
  changed,
  unchanged,
];

describe("adyton memory import", () => {
  it("says what it would do and does nothing with --dry-run", async () => {
    const dry = await ask(["memory", "import", notes, "--dry-run", "--json"]);
    assert.deepEqual(counts(report(dry.out)), [6, 0, 0]);
    assert.equal((await ask(["memory", "search", "насосы"])).code, 1);
  });

  it("adds a folder, lists what it refuses and why, and goes on", async () => {
    const { out, code } = await ask(["memory", "import", notes, "--json"]);
    const said = report(out);
    assert.deepEqual(counts(said), [6, 0, 0]);
    assert.equal(code, 1);
    assert.deepEqual(said["passedOver"], { ".png": 1 });
    const refused = said["refused"] as { file: string; why: { title: string } }[];
    assert.deepEqual(
      refused.map(({ file }) => file.slice(notes.length + 1)),
      ["broken.pdf", "empty.md", "latin.txt"],
    );
    assert.ok(refused.every(({ why }) => why.title.length > 5));
    for (const [query, text] of [
      ["when were boilers serviced", "serviced in May"],
      ["топить печь углём", "Печь топят углём."],
      ["застрявший лифт", "лифт застрял"],
      ["счётчик 17", "2026-05-01,17"],
      ["сколько длится гарантия на насосы", "два года"],
      ["сколько длится гарантия на насосы", "Гарантия › p. 2"],
    ] as const)
      assert.ok((await ask(["memory", "search", query])).out.includes(text), query);
    assert.equal((await ask(["memory", "search", "малина"])).code, 1, "hidden text is no text");
  });

  it("passes over what has not changed, and replaces what has", async () => {
    writeFileSync(join(notes, "насос.txt"), "Насос стоит на чердаке.\n");
    const { out } = await ask(["memory", "import", notes, "--json"]);
    assert.deepEqual(counts(report(out)), [0, 1, 5]);
    const found = await ask(["memory", "search", "где насосы"]);
    assert.ok(found.out.includes("чердаке") && !found.out.includes("подвале"));
    const again = await ask(["memory", "import", join(notes, "**/*.{md,csv}"), "--json"]);
    assert.deepEqual(counts(report(again.out)), [0, 0, 2]);
  });

  it("does not follow a circle of links, and refuses a path where nothing is", async () => {
    const { code, errors } = await ask(["memory", "import", join(place, "nowhere")]);
    assert.equal(code, 1);
    assert.match(errors, /nowhere/);
    const russian = await ask(["memory", "import", notes], { env: { LANG: "ru_RU.UTF-8" } });
    assert.match(russian.errors, /без изменений: 6, отказано: 3/);
  });

  it("takes over what was exported, on another node too, and refuses it changed or cut off", async () => {
    const file = join(place, "память.jsonl");
    const other = join(place, "other");
    const fact = { subject: "Анна", attribute: "город", value: "Тверь" };
    const { status: answered } = await fetch(`http://127.0.0.1:${node.port}/api/v1/memory/facts`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token(home)}` },
      body: JSON.stringify(fact),
    });
    assert.equal(answered, 201);
    assert.equal((await ask(["memory", "export", file])).code, 0);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match((await ask(["memory", "export", file])).errors, /there already/);
    const text = readFileSync(file, "utf8");
    const second = await up(["--home", other, "--backend", "none"]);
    try {
      const there = (args: readonly string[]) => run([...args, "--home", other]);
      writeFileSync(join(place, "changed.jsonl"), text.replace("чердаке", "подвале"));
      writeFileSync(join(place, "cut.jsonl"), text.slice(0, text.trimEnd().lastIndexOf("\n")));
      const changedAt = text.split("\n").findIndex((line) => line.includes("чердаке")) + 1;
      const changed = await there(["memory", "import", join(place, "changed.jsonl")]);
      assert.deepEqual([changed.code, changed.errors.includes(`Line ${changedAt} of`)], [1, true]);
      assert.match(
        (await there(["memory", "import", join(place, "cut.jsonl")])).errors,
        /not whole/,
      );
      assert.match((await there(["memory", "import", join(place, "no.jsonl")])).errors, /ENOENT/);
      assert.match(
        (await there(["memory", "import", file, "--dry-run"])).errors,
        /6 documents, 1 facts/,
      );
      assert.ok(!(await there(["memory", "search", "чердак"])).out.includes("чердаке"));
      assert.match((await there(["memory", "import", file])).errors, /added: 7, there already: 0/);
      assert.match((await there(["memory", "search", "где насосы"])).out, /чердаке/);
      assert.match((await there(["memory", "import", file])).errors, /added: 0, there already: 7/);
      assert.equal((await there(["memory", "export", join(place, "again.jsonl")])).code, 0);
      assert.equal(readFileSync(join(place, "again.jsonl"), "utf8"), text);
    } finally {
      await stop(second.child);
    }
  });

  it("lets nobody but the owner carry memory away", async () => {
    const url = `http://127.0.0.1:${node.port}/api/v1/memory/export`;
    assert.equal((await fetch(url)).status, 401);
    const made = await ask(["token", "add", "reader", "--may", "memory:read,memory:write,read"]);
    const authorization = `Bearer ${made.out.trim()}`;
    assert.equal((await fetch(url, { headers: { authorization } })).status, 403);
    const mine = await fetch(url, { headers: { authorization: `Bearer ${token(home)}` } });
    assert.deepEqual(
      [mine.status, mine.headers.get("content-type")],
      [200, "application/x-ndjson; charset=utf-8"],
    );
    assert.match(await mine.text(), /"kind":"manifest"[^\n]*\n$/);
  });

  it(
    "names a file that may not be read",
    { skip: process.getuid?.() === 0 && "root reads all" },
    async () => {
      const secret = join(place, "secret.md");
      writeFileSync(secret, "# a\n");
      chmodSync(secret, 0);
      assert.match((await ask(["memory", "import", secret])).errors, /EACCES/);
    },
  );
});
