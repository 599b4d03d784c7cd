import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Facts, NewRecord, NodeEventType } from "../../domain/journal/record.ts";
import { encodeGroup } from "./encoded-group.ts";
import { JournalWriter } from "./journal-writer.ts";
import { stateTables } from "./projections.ts";
import { byNode, temporaryHome } from "./test/journal-fixture.ts";
import { verifyJournal } from "./verify.ts";

const name = fc.constantFrom("a", "b", "в");
const factName = fc.constantFrom("f1", "f2", "f3", "f4", "ф5");
const lifetime = { untilTurn: fc.nat(50), untilMs: fc.nat(5_000) };

function event<T extends NodeEventType>(
  type: T,
  facts: fc.Arbitrary<Facts<T>>,
): fc.Arbitrary<{ type: T; facts: Facts<T> }> {
  return facts.map((value) => ({ type, facts: value }));
}

const anyMemoryEvent = fc.oneof(
  event(
    "memory.fact.stored",
    fc.record({
      fact: factName,
      subjectKey: name,
      slotKey: name,
      shared: fc.boolean(),
      validFromMs: fc.nat(99),
      validToMs: fc.option(fc.nat(99)),
      confidence: fc.constantFrom(0, 0.5, 1),
      tier: name,
      source: name,
      proposal: fc.option(name),
    }),
  ),
  event("memory.fact.retracted", fc.record({ fact: factName })),
  event(
    "memory.fact.proposed",
    fc.record({
      proposal: name,
      subjectKey: name,
      slotKey: name,
      shared: fc.boolean(),
      untilMs: fc.nat(99),
    }),
  ),
  event("memory.proposal.rejected", fc.record({ proposal: name })),
  event(
    "memory.block.saved",
    fc.record({ block: name, nameKey: name, version: fc.nat(9), chars: fc.nat(99) }),
  ),
  event("memory.block.removed", fc.record({ block: name })),
);

const anyEvent = fc.oneof(
  event("turn.received", fc.record({ run: name, mode: name, detached: fc.boolean() })),
  event("turn.resumed", fc.record({ run: name })),
  event(
    "turn.answered",
    fc.record({
      run: name,
      by: fc.constantFrom("model", "extractive"),
      promptTokens: fc.nat(99),
      completionTokens: fc.nat(99),
      ms: fc.nat(99),
    }),
  ),
  event(
    "turn.failed",
    fc.record({
      run: name,
      status: fc.constantFrom("failed", "cancelled", "interrupted"),
      code: name,
      ms: fc.nat(99),
    }),
  ),
  event("pairing.made", fc.record({ name, server: name, code: name, expiresMs: fc.nat(5_000) })),
  event("pairing.used", fc.record({ name, user: fc.nat(9) })),
  event("pairing.revoked", fc.record({ name })),
  event("confirmation.made", fc.record({ user: fc.nat(9), expiresMs: fc.nat(5_000) })),
  event("confirmation.revoked", fc.record({ user: fc.nat(9) })),
  event(
    "door.changed",
    fc.record(
      { door: name, status: fc.constantFrom("open", "closed"), sinceMs: fc.nat(5_000) },
      { requiredKeys: ["door", "status"] },
    ),
  ),
  event("conversation.reset", fc.constant({})),
  event("mode.changed", fc.record({ mode: name, previous: fc.option(name), ...lifetime })),
  event("mode.restored", fc.record({ mode: fc.option(name) })),
  event("overlay.added", fc.record({ overlay: name, ...lifetime })),
  event("overlay.removed", fc.record({ overlay: name })),
  event(
    "memory.document.added",
    fc.record({
      document: name,
      sourceKey: name,
      mediaType: name,
      sha256: name,
      bytes: fc.nat(99),
      shared: fc.boolean(),
    }),
  ),
  event(
    "memory.document.added",
    fc.record({
      document: name,
      sourceKey: name,
      mediaType: name,
      sha256: name,
      bytes: fc.nat(99),
      shared: fc.boolean(),
      expiresMs: fc.nat(99),
      originalSha256: name,
      first: fc.record({ by: name, tier: name, ms: fc.nat(99) }),
    }),
  ),
  anyMemoryEvent,
  event(
    "token.added",
    fc.record({
      name,
      hash: name,
      tier: name,
      may: fc.array(name),
      person: fc.boolean(),
      expiresMs: fc.option(fc.nat(99)),
    }),
  ),
  event(
    "fold.regrouped",
    fc.record({
      scope: name,
      kind: fc.constantFrom("merge" as const, "split" as const),
      keys: fc.array(name, { minLength: 1, maxLength: 4 }),
    }),
  ),
  event("token.revoked", fc.record({ name })),
  event(
    "report.made",
    fc.record({
      run: name,
      report: fc.constantFrom("echo_pulse", "mirror_self"),
      status: fc.constantFrom("ok", "partial"),
      score: fc.option(fc.constantFrom(0.5, 1)),
      checks: fc.dictionary(name, fc.constantFrom("ok", "fail")),
      hash: name,
      calls: fc.nat(1),
      promptTokens: fc.nat(99),
      completionTokens: fc.nat(99),
      ms: fc.nat(99),
    }),
  ),
  event(
    "fold.recorded",
    fc.record({
      run: name,
      scope: name,
      hour: fc.nat(400),
      clusters: fc.array(fc.record({ key: name, count: fc.nat(99), isTold: fc.boolean() })),
      windowMs: fc.nat(99),
      lines: fc.nat(99),
      malformed: fc.nat(99),
      calls: fc.nat(1),
      promptTokens: fc.nat(99),
      completionTokens: fc.nat(99),
      ms: fc.nat(99),
    }),
  ),
  event(
    "judge.measured",
    fc.record({ model: name, sensitivity: fc.constantFrom(0, 0.85), specificity: fc.constant(1) }),
  ),
);

const recordOf = (any: typeof anyEvent | typeof anyMemoryEvent): fc.Arbitrary<NewRecord> =>
  fc
    .record({
      event: any,
      owner: name,
      actor: name,
      conversation: fc.option(name, { nil: undefined, freq: 9 }),
    })
    .map(
      ({ event: { type, facts }, ...context }) =>
        ({ ...byNode, ...context, origin: "node", class: "record", type, facts }) as NewRecord,
    );

describe("the state tables", () => {
  for (const [what, any, rowsMin] of [
    ["whatever happened", anyEvent, 100],
    ["whatever was remembered, changed and taken back", anyMemoryEvent, 50],
  ] as const)
    it(`are the same when they are rebuilt from the records, ${what}`, () => {
      let rows = 0;
      fc.assert(
        fc.property(fc.array(recordOf(any), { minLength: 1, maxLength: 30 }), (records) => {
          using home = temporaryHome();
          using writer = new JournalWriter(home.files);
          // Some do not fit the state, such as a second run of one name: those are refused, live as in the replay.
          writer.append(records.map((record) => encodeGroup({ records: [record] })));
          const state = (): unknown[] =>
            stateTables.map((table) =>
              writer.database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all(),
            );
          const live = state();
          rows += live.flat().length;
          writer.rebuild();
          assert.deepEqual(state(), live);
          assert.deepEqual(verifyJournal(home.files).faults, []);
        }),
        { numRuns: 25, seed: 20_261_120 },
      );
      assert.ok(rows > rowsMin, `${rows} rows`);
    });
});
