import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Facts, NewRecord } from "../../domain/journal/record.ts";
import type { ForgetQuery } from "../../ports/forgetting.ts";
import { selectForgetting } from "./forget-select.ts";
import { JournalWriter } from "./journal-writer.ts";
import { append, answered, received, said, temporaryHome } from "./test/journal-fixture.ts";

const secret = "Ключ от чулана спрятан под третьей ступенью, слева.";
const record = (base: NewRecord, change: Partial<NewRecord>): NewRecord =>
  Object.assign({}, base, change);
const question = (run: string, text: string, conversation = "c1", owner = "anna"): NewRecord =>
  record(received(run, conversation, owner), { data: { conversation: "name", text } });
const answer = (run: string, text: string, conversation = "c1", owner = "anna"): NewRecord =>
  record(answered(run, conversation, owner), { data: { id: run, text } });
const step = (run: string, cause: number, text: string): NewRecord => ({
  origin: "node",
  type: "run.step",
  class: "trace",
  owner: "anna",
  actor: "anna",
  tier: "member",
  conversation: "c1",
  cause,
  facts: { run, seq: 1, kind: "draft", verdict: "made", inTokens: 0, outTokens: 0, ms: 0 },
  data: { text },
});
const document = (id: string, source: string, text: string, owner = "anna"): NewRecord => ({
  origin: "node",
  type: "memory.document.added",
  class: "record",
  owner,
  actor: owner,
  tier: "member",
  facts: {
    document: id,
    sourceKey: source,
    mediaType: "text/plain",
    sha256: "0".repeat(64),
    bytes: 1,
    shared: false,
  },
  data: { title: "Заметка", source, text },
});
const report = (text: string, owner = "anna"): NewRecord =>
  record(answered("run_report0000000000000000000", "c9", owner), {
    cause: undefined,
    data: { text },
  });

const run = (name: string): string => `run_${name.padEnd(23, "0")}`;
const doc = (name: string): string => `doc_${name.padEnd(16, "0")}`;

/** The numbers of the chosen records, in a journal of these groups. */
function chosen(query: ForgetQuery, ...groups: readonly (readonly NewRecord[])[]) {
  using home = temporaryHome();
  using writer = new JournalWriter({ ...home.files, now: () => 1_000 });
  for (const records of groups) append(writer, { records });
  const selected = selectForgetting(home.files.file, query);
  const seqs: number[] = [];
  for (const [from, to] of selected.ranges)
    for (let seq = from; seq <= to; seq += 1) seqs.push(seq);
  return { ...selected, seqs };
}

describe("what forgetting chooses", () => {
  const turns = [
    [question(run("a"), secret), answer(run("a"), "Хорошо.")], // 1, 2
    [step(run("a"), 1, "черновик")], // 3
    [question(run("b"), "Привет"), answer(run("b"), "Здравствуй")], // 4, 5
    [question(run("c"), secret, "c2", "boris"), answer(run("c"), secret, "c2", "boris")], // 6, 7
    [said(`событие: ${secret}`, "event")], // 8
    [document(doc("manual"), "guide", secret, "node")], // 9
  ];
  const cases: readonly (readonly [name: string, query: ForgetQuery, seqs: number[]])[] = [
    ["a run: its question, answer and steps", { run: run("a") }, [1, 2, 3]],
    ["a conversation", { conversation: "c1" }, [1, 2, 3, 4, 5, 8]],
    ["a text, in any case, with what follows", { text: "КЛЮЧ от  чулана" }, [1, 2, 3, 6, 7, 8]],
    ["a text of one person", { text: secret, owner: "boris" }, [6, 7]],
    ["a person", { owner: "boris" }, [6, 7]],
    ["everything but the node's own", {}, [1, 2, 3, 4, 5, 6, 7, 8]],
    ["the node's own by its id", { document: doc("manual") }, [9]],
    ["the records themselves, with what follows", { ranges: [[1, 1]] }, [1, 2, 3]],
    ["nothing before a time", { owner: "anna", untilMs: 999 }, []],
    ["all up to a time, the time included", { owner: "boris", untilMs: 1_000 }, [6, 7]],
    ["all since a time, the time included", { owner: "boris", sinceMs: 1_000 }, [6, 7]],
    ["nothing after a time", { owner: "boris", sinceMs: 1_001 }, []],
    ["both conditions", { conversation: "c1", run: run("c") }, []],
  ];
  for (const [name, query, seqs] of cases)
    it(`is ${name}`, () => assert.deepEqual(chosen(query, ...turns).seqs, seqs));

  it("is every version of a document, and what names it or quotes it", () => {
    const { seqs, entries, counts, derived, elsewhere } = chosen(
      { document: doc("a2") },
      [document(doc("a1"), "a", "старое")], // 1
      [document(doc("a2"), "a", secret)], // 2
      [document(doc("b"), "b", "другое")], // 3
      [answer(run("q"), "Вот что я нашёл.")], // 4
      [report(`см. ${doc("a2")}`)], // 5
      [report(`цитата: ${secret.slice(5, 40)}`)], // 6
      [report("цитата: Ключ от чул")], // 7: too short a passage
      [report(secret, "boris")], // 8
      [question(run("p"), secret)], // 9: said, not made of it
    );
    assert.deepEqual(seqs, [1, 2, 5, 6, 8]);
    assert.deepEqual([entries, derived, elsewhere], [[doc("a2")], 4, 1]);
    assert.deepEqual([counts.documents, counts.others, counts.answers], [1, 1, 3]);
  });

  it("is of a document chosen by its words those versions that have them", () => {
    const { seqs, entries } = chosen(
      { text: "старое" },
      [document(doc("a1"), "a", "старое")],
      [document(doc("a2"), "a", "новое")],
    );
    assert.deepEqual([seqs, entries], [[1], []]);
  });

  it("is a fact with its proposal, what is told of a subject, and a block with its versions", () => {
    const by = {
      origin: "node",
      class: "record",
      owner: "anna",
      actor: "anna",
      tier: "member",
    } as const;
    const times = {
      validFromMs: 1,
      validToMs: null,
      confidence: 1,
      tier: "member",
      source: "anna",
    };
    const keys = { subjectKey: "s", slotKey: "s/a", shared: false };
    const value = (text: string) => ({ subject: "Анна", attribute: "город", value: text });
    const stored = (fact: string, proposal: string | null): NewRecord => ({
      ...by,
      type: "memory.fact.stored",
      facts: { fact, proposal, ...keys, ...times },
      data: value("Казань"),
    });
    const proposed: NewRecord = {
      ...by,
      type: "memory.fact.proposed",
      facts: { proposal: "prp_1", ...keys, untilMs: 9_000 },
      data: value("Казань"),
    };
    const saved = (version: number, cause?: number): NewRecord => ({
      ...by,
      type: "memory.block.saved",
      cause,
      facts: { block: "blk_1", nameKey: "n", version, chars: 1 },
      data: { name: "дом", text: version === 1 ? "старое" : "новое" },
    });
    const groups = [
      [proposed],
      [stored("fct_1", "prp_1")],
      [stored("fct_2", null)],
      [saved(1)],
      [saved(2, 4)],
    ];
    const one = chosen({ fact: "fct_1" }, ...groups);
    assert.deepEqual([one.seqs, one.entries, one.counts.facts], [[1, 2], ["prp_1", "fct_1"], 2]);
    assert.deepEqual(chosen({ subjectKey: "s" }, ...groups).seqs, [1, 2, 3]);
    const block = chosen({ blockKey: "n" }, ...groups);
    assert.deepEqual([block.seqs, block.entries, block.pinnedFor], [[4, 5], ["blk_1"], ["anna"]]);
    const old = chosen({ text: "старое" }, ...groups);
    assert.deepEqual([old.seqs, old.entries, old.pinnedFor], [[4], [], []]);
  });

  it("leaves other people's out where somebody forgets what is theirs", () => {
    const groups = [[document(doc("a"), "a", secret)], [report(secret)], [report(secret, "boris")]];
    assert.deepEqual(chosen({ document: doc("a"), owner: "anna" }, ...groups).seqs, [1, 2]);
    assert.deepEqual(chosen({ document: doc("a"), owner: "boris" }, ...groups).seqs, []);
  });

  it("leaves an answer that repeats only its own question", () => {
    const own = [question(run("x"), `Повтори: ${secret}`), answer(run("x"), secret)];
    const { seqs, elsewhere } = chosen(
      { document: doc("a") },
      [document(doc("a"), "a", secret)],
      own,
    );
    assert.deepEqual([seqs, elsewhere], [[1], 1]);
  });

  it("is what names a run that goes, such as thinking its answer over", () => {
    const again = record(question(run("again"), "/rethink"), {
      data: { text: "/rethink", rethink: { run: run("a"), back: 1 } },
    });
    const turn = [question(run("a"), "Сколько?"), answer(run("a"), "Пять.")];
    const { seqs } = chosen({ run: run("a") }, turn, [again, answer(run("again"), "Шесть.")]);
    assert.deepEqual(seqs.slice(0, 3), [1, 2, 3]);
    assert.deepEqual(seqs, [1, 2, 3, 4], "with its answer");
  });

  it("tells the same digests for the same choice, and others when anything comes to it", () => {
    const turn = [question(run("a"), secret), answer(run("a"), "да")];
    const query = { owner: "anna" };
    const reply = (change: Partial<Facts<"delivery.opened">>): NewRecord => ({
      origin: "node",
      type: "delivery.opened",
      class: "message",
      owner: "anna",
      actor: "anna",
      tier: "member",
      facts: { delivery: run("d"), channel: "telegram", run: null, ...change },
      data: { chat: "1", text: "слова" },
    });
    const once = chosen(query, turn);
    for (const [further, isAsShown] of [
      [report(secret), false],
      [reply({}), false],
      [reply({ command: "help" }), false],
      [reply({ command: "forget" }), true],
    ] as const) {
      const then = chosen(query, turn, [further]);
      assert.deepEqual(then.seqs, [1, 2, 3], "it goes all the same");
      assert.notEqual(then.digest, once.digest);
      assert.equal(then.shownDigest === once.shownDigest, isAsShown);
    }
  });
});
