import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { chunksPerDocumentMax } from "../../domain/search/fuse.ts";
import type { DocumentInput } from "../../domain/search/search-contract.ts";
import { chunksPerDocumentIndexedMax } from "./index-writer.ts";
import { SearchIndex } from "./search-index.ts";

let folder: string;
let file: string;
let open: SearchIndex[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-search-"));
  file = join(folder, "index.db");
});
afterEach(() => {
  for (const index of open) index.close();
  open = [];
  rmSync(folder, { recursive: true });
});

function openIndex(): SearchIndex {
  const index = new SearchIndex(file);
  open.push(index);
  return index;
}

function note(documentId: string, text: string, rest: Partial<DocumentInput> = {}): DocumentInput {
  return {
    documentId,
    owner: null,
    title: documentId,
    source: `notes/${documentId}`,
    mediaType: "text/markdown",
    tier: "owner",
    ingestedBy: "owner",
    cause: 1,
    expiresMs: null,
    seq: 1,
    text,
    ...rest,
  };
}

const ask = (index: SearchIndex, query: string, owners: readonly string[] = []) =>
  index.search({ query, owners, limit: 20, nowMs: 0 });
const idsOf = (index: SearchIndex, query: string, owners: readonly string[] = []) =>
  ask(index, query, owners).hits.map((hit) => hit.documentId);

/** Every byte of the index on disk: the file, its WAL, its shared memory. */
function bytesOnDisk(): Buffer {
  return Buffer.concat(
    ["", "-wal", "-shm"].map((suffix) =>
      existsSync(file + suffix) ? readFileSync(file + suffix) : Buffer.alloc(0),
    ),
  );
}

describe("matching", () => {
  const stored = [
    note("backup", "The nightly backup runs on the server in the cellar."),
    note("копия", "Ночная резервная копия делается на сервере в подвале."),
    note("docker", "Контейнеры Docker перезапускаются сами."),
    note("ёлка", "Ёлку ставим в декабре."),
    note("code", "Error E1042 means that the valve is stuck."),
    note("code2", "Error E1043 means that the pump is dry."),
    note("path", "The unit lies in /etc/systemd/system/boiler.service as usual."),
  ];
  const cases: ReadonlyArray<[name: string, query: string, documentId: string]> = [
    ["an English word form", "nightly backups", "backup"],
    ["a Russian word form", "ночную резервную копию", "копия"],
    ["a mistyped English word", "nightly bakcup", "backup"],
    ["a mistyped Russian word", "резевная копия", "копия"],
    ["a name in the other script", "докер", "docker"],
    ["an inflected name in the other script", "с докером", "docker"],
    ["е for ё", "елка в декабре", "ёлка"],
    ["ё for е", "ёлку в дёкабре", "ёлка"],
    ["a homoglyph (Cyrillic о)", "Dоcker", "docker"],
    ["an invisible character", "back\u200Bup nightly", "backup"],
    ["an identifier", "what is E1042", "code"],
    ["another identifier", "what is e1043", "code2"],
    ["a path", "/etc/systemd/system/boiler.service", "path"],
    ["a part of a path", "boiler unit", "path"],
  ];
  for (const [name, query, documentId] of cases)
    it(`finds ${name}`, () => {
      const index = openIndex();
      index.add(stored);
      const result = ask(index, query);
      assert.equal(result.hits[0]?.documentId, documentId);
      assert.equal(result.found, true);
    });

  it("says not found for what is not there, in both languages, and for an empty question", () => {
    const index = openIndex();
    index.add(stored);
    for (const query of [
      "opening hours of the museum",
      "часы работы музея",
      "",
      "the and of",
      "и в на",
      '"*) OR (',
      "NEAR(a b)",
    ])
      assert.equal(ask(index, query).found, false, query);
  });

  it("puts an exact identifier above a text that matches more words", () => {
    const index = openIndex();
    index.add([
      ...stored,
      ...Array.from({ length: 30 }, (_, number) =>
        note(`n${number}`, "Error means the valve is stuck, stuck valve error."),
      ),
    ]);
    assert.equal(idsOf(index, "error valve stuck E1043")[0], "code2");
  });

  it("prefers the twin in the question's language, but not over a page that answers", () => {
    const index = openIndex();
    index.add([
      note("en", "Telegram Telegram: connect the bot.", { language: "en" }),
      note("ru", "Телеграм: подключить бота.", { language: "ru" }),
      note("only-en", "Grafana dashboards are on the second screen.", { language: "en" }),
    ]);
    assert.equal(idsOf(index, "подключить Telegram")[0], "ru");
    assert.equal(idsOf(index, "connect Telegram")[0], "en");
    const asked = index.search({
      query: "Телеграм",
      owners: [],
      limit: 1,
      nowMs: 0,
      language: "en",
    });
    assert.equal(asked.hits[0]?.documentId, "en");
    assert.equal(idsOf(index, "где графана")[0], "only-en");
  });

  it("returns so many chunks of one document and the limit in all", () => {
    const index = openIndex();
    const sections = Array.from(
      { length: chunksPerDocumentMax + 1 },
      (_, number) => `## Boiler ${number}\n\nThe boiler.\n`,
    );
    index.add([
      note("long", sections.join("\n")),
      ...Array.from({ length: 20 }, (_, number) => note(`s${number}`, "A boiler.")),
    ]);
    const hits = idsOf(index, "boiler");
    assert.equal(hits.filter((id) => id === "long").length, chunksPerDocumentMax);
    assert.equal(hits.length, 20);
    assert.equal(index.search({ query: "boiler", owners: [], limit: 2, nowMs: 0 }).hits.length, 2);
  });

  it("gives literal text with true byte offsets", () => {
    const index = openIndex();
    const text = "# Ёж\n\nИгл много.\n\n## Котёл 🙂\n\nКотёл чистили в мае.";
    index.add([note("x", text)]);
    const [hit] = ask(index, "когда чистили котел").hits;
    assert.ok(hit);
    assert.deepEqual(hit.heading, ["Ёж", "Котёл 🙂"]);
    assert.equal(Buffer.from(text).subarray(hit.startByte, hit.endByte).toString(), hit.text);
  });
});

describe("visibility", () => {
  it("never returns what belongs to somebody else", () => {
    const index = openIndex();
    index.add([
      note("shared", "The gate code is public."),
      note("anna", "The gate code of Anna is 1234.", { owner: "anna" }),
      note("boris", "The gate code of Boris is 5678.", { owner: "boris" }),
    ]);
    const cases: ReadonlyArray<[owners: string[], expected: string[]]> = [
      [[], ["shared"]],
      [["anna"], ["anna", "shared"]],
      [
        ["anna", "boris"],
        ["anna", "boris", "shared"],
      ],
      [["nobody", "' OR 1=1 --", "%"], ["shared"]],
      [[""], ["shared"]],
    ];
    for (const [owners, expected] of cases)
      assert.deepEqual(idsOf(index, "gate code Anna Boris 1234", owners).toSorted(), expected);
  });

  it("finds one's own document behind more of other people's than a ranking holds", () => {
    const index = openIndex();
    index.add(
      Array.from({ length: 200 }, (_, number) =>
        note(`o${number}`, "Boiler boiler boiler.", { owner: "other" }),
      ),
    );
    index.add([
      note("mine", "A remark on the boiler among many other words of no weight.", { owner: "me" }),
    ]);
    assert.deepEqual(idsOf(index, "boiler", ["me"]), ["mine"]);
  });
});

describe("changing", () => {
  it("replaces a document with its new text", () => {
    const index = openIndex();
    index.add([note("a", "The boiler is old.", { seq: 3 })]);
    index.add([note("a", "The chimney is new.", { seq: 5 })]);
    assert.deepEqual(idsOf(index, "boiler"), []);
    assert.deepEqual(idsOf(index, "chimney"), ["a"]);
    const { documents, chunks, watermarkSeq } = index.stats();
    assert.deepEqual(
      { documents, chunks, watermarkSeq },
      { documents: 1, chunks: 1, watermarkSeq: 5 },
    );
  });

  it("leaves nothing of a removed document in the file, its WAL or its vocabulary", () => {
    const index = openIndex();
    const traces = [
      "Zanzibarquark",
      "zanzibarquark",
      "КВАРКОЗЯБР",
      "кваркозябр",
      "kvarkoziabr",
      "secret-title",
      "owner-7",
    ];
    const secret = note(
      "secret",
      "# Zanzibarquark\n\nСлово КВАРКОЗЯБР и zanzibarquark и кваркозябр.",
      { owner: "owner-7", title: "secret-title" },
    );
    const others = Array.from({ length: 50 }, (_, number) =>
      note(`n${number}`, `Note ${number} about boilers and котлы.`),
    );
    index.add([...others, secret]);
    const before = bytesOnDisk();
    for (const trace of traces)
      assert.ok(before.includes(trace), `control: ${trace} is on disk before`);
    index.remove(["secret", "unknown"]);
    const after = bytesOnDisk();
    for (const trace of traces) assert.ok(!after.includes(trace), `${trace} is still on disk`);
    assert.ok(after.includes("boilers"), "control: what was not removed is still on disk");
    assert.deepEqual(idsOf(index, "zanzibarquark", ["owner-7"]), []);
    assert.equal(idsOf(index, "boilers").length, 20);
  });

  it("adds whole or not at all, and counts the vocabulary right after a failure", () => {
    const index = openIndex();
    const tooMany = "# h\nx\n".repeat(chunksPerDocumentIndexedMax + 1);
    assert.throws(() => index.add([note("good", "Boiler."), note("bad", tooMany)]), {
      code: "refused",
    });
    assert.deepEqual([index.stats().documents, idsOf(index, "boiler")], [0, []]);
    index.add([note("good", "Boiler.")]);
    assert.deepEqual(idsOf(index, "boiler"), ["good"]);
  });
});

describe("the file", () => {
  it("keeps its content over a restart", () => {
    openIndex().add([note("a", "Boiler.", { seq: 9 })]);
    const again = openIndex();
    assert.deepEqual(idsOf(again, "boiler"), ["a"]);
    assert.equal(again.stats().watermarkSeq, 9);
    assert.ok(again.stats().bytes > 0);
  });

  const damages: ReadonlyArray<[name: string, damage: () => void]> = [
    ["a foreign file", () => writeFileSync(file, "no database at all")],
    ["a cut file", () => writeFileSync(file, readFileSync(file).subarray(0, 5_000))],
    [
      "a page of noise",
      () => {
        const bytes = readFileSync(file);
        bytes.fill(0xa5, 4_096, 12_288);
        writeFileSync(file, bytes);
      },
    ],
    [
      "a newer version",
      () => {
        const database = new DatabaseSync(file);
        database.exec("PRAGMA user_version = 999");
        database.close();
      },
    ],
    [
      "another program's database",
      () => {
        const database = new DatabaseSync(file);
        database.exec("PRAGMA application_id = 1");
        database.close();
      },
    ],
  ];
  for (const [name, damage] of damages)
    it(`asks for a rebuild after ${name}`, () => {
      const first = new SearchIndex(file);
      first.add([note("a", "Boiler.", { seq: 9 })]);
      first.close();
      damage();
      const again = openIndex();
      assert.deepEqual([again.stats().watermarkSeq, again.stats().documents], [0, 0]);
      again.add([note("b", "Chimney.", { seq: 2 })]);
      assert.deepEqual([idsOf(again, "chimney"), idsOf(again, "boiler")], [["b"], []]);
    });
});

describe("compacting", () => {
  const random = (seed: number) => {
    let state = seed;
    return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  };

  it("leaves no byte of any document that was removed in any order, and finds the others", () => {
    let leftBefore = 0;
    for (let round = 1; round <= 2; round += 1) {
      const next = random(round);
      const index = openIndex();
      const ids = Array.from({ length: 120 }, (_, n) => `d${round}x${n}`);
      const body = (id: string): string => {
        const words = Array.from({ length: 5 + next() * 200 }, (_, n) => `wqz${id}v${n} лоза`);
        return `# ${id}\n\n${words.join(" ")} mark${id}end`;
      };
      index.add(ids.map((id, n) => note(id, body(id), { seq: n + 1 })));
      const gone = ids.filter(() => next() < 0.5);
      // One after another, so that rows that go later are moved by those that go first.
      for (const id of gone.toSorted(() => next() - 0.5)) index.remove([id]);
      const raw = (): string[] => {
        const bytes = bytesOnDisk().toString("latin1");
        return gone.filter((id) => bytes.includes(`mark${id}end`) || bytes.includes(`wqz${id}v`));
      };
      leftBefore += raw().length;
      index.compact();
      assert.deepEqual(raw(), [], `round ${round}`);
      const kept = ids.filter((id) => !gone.includes(id));
      assert.ok(
        bytesOnDisk().includes(`mark${kept[0] ?? ""}end`),
        "the search finds what is there",
      );
      assert.deepEqual(idsOf(index, `mark${kept[0] ?? ""}end`), [kept[0]]);
      assert.deepEqual(idsOf(index, `mark${gone[0] ?? ""}end`).includes(gone[0] ?? ""), false);
      index.close();
      open = open.filter((each) => each !== index);
      rmSync(file, { force: true });
    }
    assert.ok(leftBefore > 0, "removing alone leaves copies of rows that were moved");
  });
});
