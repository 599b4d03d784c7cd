import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  FactRequest,
  forgetPreviewsAtOnceMax,
  forgetPreviewsMax,
  type ForgetSelection,
} from "@adyton/protocol";
import { verifyJournal } from "../adapters/sqlite/verify.ts";
import { filesIn, occurrences } from "../adapters/sqlite/test/journal-fixture.ts";
import type { ForgettingPort } from "../ports/forgetting.ts";
import { forgetRangesMax } from "./forgetting.ts";
import { HeldBackend, openApp, type OpenApp, person, question, until } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";

const secret = "Шмурделка лежит за третьим камнем у старой клопундры.";
const may = ["say", "memory:write"] as const;

const refusedAs = (code: string) => (error: { problem?: { code?: string } }) =>
  error.problem?.code === code;

async function forget(app: OpenApp, selection: ForgetSelection, by = owner) {
  const { forgetId } = await app.forgetting.preview(selection, by);
  return app.forgetting.confirm(forgetId, by);
}

const rawBytes = (home: string): number =>
  occurrences(`${home}/journal.db`, secret) + occurrences(`${home}/index.db`, secret);

const document = {
  title: "Клад",
  source: "a.md",
  mediaType: "text/markdown",
  shared: false,
} as const;

/** A process that ends when forgetting comes to a step: the step never answers. */
const stopsAt = (step: keyof ForgettingPort) => {
  const reached = Promise.withResolvers<void>();
  const wrapFiles = (files: ForgettingPort): ForgettingPort => ({
    ...files,
    [step]: () => {
      reached.resolve();
      return new Promise(() => undefined);
    },
  });
  return { wrapFiles, reached: reached.promise };
};

describe("forgetting", () => {
  for (const step of ["erase", "copies", "emptyLog", "residue"] as const)
    it(`is finished by the next process when one ended before “${step}”, and hidden until then`, async () => {
      const { wrapFiles, reached } = stopsAt(step);
      await using first = await openApp({ backend: new HeldBackend(4, secret), wrapFiles });
      await first.turns.submit(question(secret)).end;
      await first.memory.add({ ...document, text: secret }, owner);
      assert.ok(rawBytes(first.home) > 0, "control");
      void forget(first, { text: secret });
      await reached;
      await first.close();

      await using next = await openApp({ home: first.home, backend: new HeldBackend(4, "ok") });
      next.forgetting.hideUnfinished();
      const key = next.conversations.key(owner, "c");
      assert.deepEqual(next.conversations.history(key), []);
      assert.deepEqual((await next.memory.search("шмурделка", owner)).hits, []);
      assert.equal(await next.forgetting.finish(), 1);
      assert.equal(await next.forgetting.finish(), 0);
      assert.equal(rawBytes(first.home), 0);
      const [receipt] = next.records.after(0, 100, "memory.forgotten");
      const { residueBytes, deleted, signature } = Object(receipt?.facts);
      assert.deepEqual([residueBytes, deleted.documents, deleted.questions], [null, 1, 1]);
      assert.match(signature, /^[0-9a-f]{64}$/);
      assert.deepEqual(verifyJournal(filesIn(first.home)).faults, []);
    });

  it("takes what a turn under way had in view with it, when the process ends before it was settled", async () => {
    let selections = 0;
    const settling = Promise.withResolvers<void>();
    const wrapFiles = (files: ForgettingPort): ForgettingPort => ({
      ...files,
      select: (query) => {
        selections += 1;
        if (selections < 3) return files.select(query);
        settling.resolve();
        return new Promise(() => undefined);
      },
    });
    const backend = new HeldBackend();
    await using first = await openApp({ backend, wrapFiles });
    const run = first.turns.submit(question(secret, { detached: true }));
    await run.received;
    void forget(first, { text: secret });
    await settling.promise;
    assert.equal((await run.end).kind, "failed");
    await first.close();
    await using next = await openApp({ home: first.home });
    await next.forgetting.finish();
    assert.equal(rawBytes(first.home), 0);
    assert.deepEqual(next.state.forgettings(), []);
    assert.deepEqual(verifyJournal(filesIn(first.home)).faults, []);
  });

  it("stops who reads memory when a document goes, and lets who does not go on", async () => {
    const backend = new HeldBackend();
    await using app = await openApp({ backend });
    await app.memory.add({ ...document, text: secret }, owner);
    const reads = app.turns.submit(question("Где шмурделка?", { conversation: "a", mode: "RAG" }));
    const talks = app.turns.submit(question("Привет", { conversation: "b" }));
    await until("both ask the model", () => backend.open.length === 2);
    const { forgetId, underWay } = await app.forgetting.preview({ source: "a.md" }, owner);
    assert.equal(underWay, 1);
    const receipt = await app.forgetting.confirm(forgetId, owner);
    const end = await reads.end;
    assert.ok(end.kind === "failed" && end.problem.code === "cancelled");
    for (const open of backend.open) open.answer("Здравствуйте");
    assert.equal((await talks.end).kind, "answered");
    assert.deepEqual([receipt.residueBytes, rawBytes(app.home)], [0, 0]);
  });

  it("waits while a reader holds the write-ahead log, and says 0 only then", async () => {
    const tries: boolean[] = [];
    const wrapFiles = (files: ForgettingPort): ForgettingPort => ({
      ...files,
      emptyLog: async () => {
        const isEmpty = await files.emptyLog();
        tries.push(isEmpty);
        return isEmpty;
      },
    });
    await using app = await openApp({ backend: new HeldBackend(4, "да"), wrapFiles });
    await app.turns.submit(question(secret)).end;
    app.records.database.exec("BEGIN");
    app.records.lastSeq();
    const forgotten = forget(app, { text: secret });
    await until("it was tried twice", () => tries.length === 2);
    assert.ok(rawBytes(app.home) > 0, "the log has it still");
    app.records.database.exec("COMMIT");
    assert.equal((await forgotten).residueBytes, 0);
    assert.deepEqual([tries.slice(0, 2), tries.at(-1)], [[false, false], true]);
    assert.equal(rawBytes(app.home), 0);
  });

  it("takes facts, proposals and blocks out of memory and its index; what a fact had ended does not hold again", async () => {
    const backend = new HeldBackend(4, "да");
    await using app = await openApp({ backend });
    const tell = async (value: string) => {
      const request = FactRequest.parse({ subject: "Анна", attribute: "тайник", value });
      const said = { source: owner.id, tier: owner.tier };
      const told = await app.facts.store({ request, person: owner.person, by: owner, said });
      assert.ok(told.kind === "stored");
      return told.fact;
    };
    const first = await tell("под лестницей");
    app.clock.ms += 1_000;
    const second = await tell(secret);
    await app.blocks.save({ name: "дом", text: secret }, owner);
    assert.equal(app.blocks.of(owner.person).length, 1, "it is pinned, and held in memory");
    await app.memory.search("шмурделка", owner);
    assert.ok(rawBytes(app.home) > 1, "control");
    const receipt = await forget(app, { fact: second.factId });
    assert.deepEqual([receipt.deleted.facts, receipt.residueBytes], [1, 0]);
    assert.deepEqual((await app.memory.search("шмурделка", owner)).hits, []);
    assert.throws(() => app.facts.get(second.factId, owner), refusedAs("not_found"));
    assert.equal(app.facts.get(first.factId, owner).status, "ended");
    const pinned = await forget(app, { block: "Дом" });
    assert.deepEqual([pinned.deleted.blocks, pinned.residueBytes], [1, 0]);
    const all = await app.forgetting.preview({ subject: " АННА " }, owner);
    assert.equal(all.counts.facts, 1);
    assert.deepEqual(app.blocks.of(owner.person), []);
    assert.equal(rawBytes(app.home), 0);
    assert.deepEqual(verifyJournal(filesIn(app.home)).faults, []);
  });

  it("counts what surviving records hold in the same words as theirs, not as residue", async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "да") });
    await app.turns.submit(question(secret, { conversation: "a" })).end;
    await app.turns.submit(question(secret, { conversation: "b" })).end;
    const preview = await app.forgetting.preview({ conversation: "a" }, owner);
    assert.deepEqual([preview.counts.questions, preview.elsewhere], [1, 1]);
    const receipt = await app.forgetting.confirm(preview.forgetId, owner);
    assert.equal(receipt.residueBytes, 0);
    assert.ok(rawBytes(app.home) > 0, "the other conversation has it");
  });

  it(`makes one preview at a time, and refuses more than ${forgetPreviewsAtOnceMax} of one caller`, async () => {
    const looks: { readonly go: () => void }[] = [];
    let isLooking = false;
    const wrapFiles = (files: ForgettingPort): ForgettingPort => ({
      ...files,
      select: async (query) => {
        assert.equal(isLooking, false, "one thread at a time");
        isLooking = true;
        const { promise, resolve: go } = Promise.withResolvers<void>();
        looks.push({ go });
        await promise;
        isLooking = false;
        return files.select(query);
      },
    });
    await using app = await openApp({ backend: new HeldBackend(4, "да"), wrapFiles });
    const [anna, boris] = [person("anna", ...may), person("boris", ...may)];
    for (const principal of [anna, boris])
      await app.turns.submit(question(secret, { principal })).end;
    const ask = (by = anna) => app.forgetting.preview({ everything: true }, by);
    const asked = Array.from({ length: forgetPreviewsAtOnceMax }, () => ask());
    await assert.rejects(ask(), refusedAs("busy"));
    const other = ask(boris);
    for (let look = 0; look < 2; look += 1) {
      await until("a look", () => looks.length > look);
      looks[look]?.go();
    }
    await other;
    assert.equal(looks.length, 3, "nobody waits for all that another has asked");
    for (let look = 2; look <= forgetPreviewsAtOnceMax; look += 1) {
      await until("a look", () => looks.length > look);
      looks[look]?.go();
    }
    await Promise.all(asked);
  });

  it(`keeps ${forgetPreviewsMax} previews of each caller, whatever others ask for`, async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "да") });
    const [anna, boris] = [person("anna", ...may), person("boris", ...may)];
    for (const principal of [anna, boris])
      await app.turns.submit(question(secret, { principal })).end;
    const { forgetting } = app;
    const kept = await forgetting.preview({ everything: true }, anna);
    const first = await forgetting.preview({ everything: true }, boris);
    for (let each = 0; each < forgetPreviewsMax; each += 1)
      await forgetting.preview({ everything: true }, boris);
    assert.throws(() => forgetting.confirm(first.forgetId, boris), refusedAs("not_found"));
    assert.equal((await forgetting.confirm(kept.forgetId, anna)).residueBytes, 0);
  });

  it("refuses another's words, an empty choice, one that changed, and a preview twice or too late", async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "да") });
    const [anna, boris] = [person("anna", ...may), person("boris", ...may)];
    for (const principal of [anna, boris])
      await app.turns.submit(question(secret, { principal })).end;
    const { forgetting, clock } = app;
    await assert.rejects(
      forgetting.preview({ person: boris.person }, anna),
      refusedAs("forbidden"),
    );
    await assert.rejects(forgetting.preview({ text: "никогда" }, anna), refusedAs("not_found"));
    const own = await forgetting.preview({ everything: true }, anna);
    assert.equal(own.counts.questions, 1);
    const all = await forgetting.preview({ text: secret }, owner);
    assert.equal(all.counts.questions, 2);
    assert.throws(() => forgetting.confirm(own.forgetId, boris), refusedAs("not_found"));
    await forgetting.confirm(own.forgetId, anna);
    assert.throws(() => forgetting.confirm(own.forgetId, anna), refusedAs("not_found"));
    await assert.rejects(forgetting.confirm(all.forgetId, owner), refusedAs("conflict"));
    const late = await forgetting.preview({ text: secret }, owner);
    clock.ms = Date.parse(late.expires);
    assert.throws(() => forgetting.confirm(late.forgetId, owner), refusedAs("not_found"));
  });

  it("refuses what is scattered over more places than one plan holds", async () => {
    const ranges = Array.from({ length: forgetRangesMax + 1 }, (_, n) => [2 * n, 2 * n] as const);
    for (const [most, code] of [
      [forgetRangesMax, undefined],
      [forgetRangesMax + 1, "conflict"],
    ] as const) {
      const wrapFiles = (files: ForgettingPort): ForgettingPort => ({
        ...files,
        select: async (query) => ({
          ...(await files.select(query)),
          ranges: ranges.slice(0, most),
        }),
      });
      await using app = await openApp({ backend: new HeldBackend(4, "да"), wrapFiles });
      await app.turns.submit(question(secret)).end;
      const shown = app.forgetting.preview({ text: secret }, owner);
      if (code === undefined) await shown;
      else await assert.rejects(shown, refusedAs(code));
    }
  });
});
