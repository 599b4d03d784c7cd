import assert from "node:assert/strict";
import { it } from "node:test";
import type { NewRecord } from "../../domain/journal/record.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { StateReader } from "./state-reader.ts";
import { append, temporaryHome } from "./test/journal-fixture.ts";
import { processorMs } from "../../../test/processor-time.ts";

const told = (fact: string, validFromMs: number, shared = false): NewRecord => ({
  origin: "node",
  type: "memory.fact.stored",
  class: "record",
  owner: "anna",
  actor: "anna",
  tier: "member",
  facts: {
    fact,
    subjectKey: "boiler",
    slotKey: "boiler pressure",
    shared,
    validFromMs,
    validToMs: null,
    confidence: 1,
    source: "anna",
    tier: "member",
    proposal: null,
  },
  data: { subject: "Boiler", attribute: "pressure", value: fact },
});

it("finds what holds at the same time, however often a value has changed", () => {
  using home = temporaryHome();
  using writer = new JournalWriter(home.files);
  const changes = 3_000;
  const first = Array.from({ length: changes }, (_, each) => told(`fct_${each}`, each * 1_000));
  for (let from = 0; from < changes; from += 1_000)
    append(writer, { records: first.slice(from, from + 1_000) });
  append(writer, { records: [told("fct_shared", (changes - 1) * 1_000 + 1, true)] });
  using reader = new JournalReader(home.files.file);
  const { facts } = new StateReader(reader.database);
  let pairs: ReturnType<typeof facts.overlapping> = [];
  const tookMs = processorMs(() => {
    pairs = facts.overlapping("anna", 500);
  });
  assert.deepEqual(pairs, [{ a: `fct_${changes - 1}`, b: "fct_shared" }]);
  assert.ok(tookMs < 300, `${Math.round(tookMs)} ms: each value was compared with each other`);
});
