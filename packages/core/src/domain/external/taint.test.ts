import assert from "node:assert/strict";
import { it } from "node:test";
import { taintSourcesMax, tiers } from "@adyton/protocol";
import { isExternal, joinTaints } from "./taint.ts";

const taint = (...sources: string[]) => ({ sources, tiers: ["external" as const] });

it("joins taints, each source and tier once", () => {
  assert.equal(joinTaints(undefined, undefined), undefined);
  assert.deepEqual(joinTaints(undefined, taint("doc_1")), taint("doc_1"));
  assert.deepEqual(joinTaints(taint("doc_1"), { sources: ["doc_1", "token:x"], tiers: ["peer"] }), {
    sources: ["doc_1", "token:x"],
    tiers: ["external", "peer"],
  });
});

it("names as many sources as may be, and stays a taint beyond", () => {
  const full = taint(...Array.from({ length: taintSourcesMax }, (_, n) => `doc_${n}`));
  assert.equal(joinTaints(full, taint("doc_0"))?.sources.length, taintSourcesMax);
  assert.deepEqual(joinTaints(full, taint("one more"))?.sources, full.sources);
});

it("takes peers and callers from outside for external, and nobody else", () => {
  assert.deepEqual(tiers.filter(isExternal), ["peer", "external"]);
});
