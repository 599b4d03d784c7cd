import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { LinkFrame } from "@adyton/protocol/link";
import { linkCallBytesMax, linkHeaderBytesMax } from "@adyton/protocol/link-limits";
import * as fc from "fast-check";
import { readFrame, writeFrame } from "./link-frame.ts";

const vectors = new URL("../../../protocol/vectors/link.jsonl", import.meta.url);
const samples = readFileSync(vectors, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { valid: boolean; value: object; why: string });

/** A frame with any header at all. */
const framed = (header: unknown): Buffer => {
  const text = Buffer.from(JSON.stringify(header));
  return Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), text]);
};

describe("a frame", () => {
  for (const { valid, value, why } of samples)
    it(`is ${valid ? "read" : "refused"} as the contract says: ${why}`, () => {
      assert.equal(LinkFrame.safeParse(value).success, valid);
      assert.deepEqual(readFrame(framed(value))?.frame, valid ? value : undefined);
    });

  it("is what the contract's schema takes, whatever is changed in it", () => {
    const good = samples.filter(({ valid }) => valid).map(({ value }) => value);
    const other = fc.oneof(
      fc.constantFrom(null, true, -1, 0, 1.5, 1e300, "", "x", "A", "../a", "a/b", "0".repeat(64)),
      fc.jsonValue(),
    );
    const change = fc.tuple(fc.constantFrom(...good), fc.nat(5), other, fc.boolean());
    fc.assert(
      fc.property(change, ([value, at, to, isNew]) => {
        const key = isNew ? "another" : (Object.keys(value)[at] ?? "seq");
        const changed = { ...value, [key]: to };
        assert.equal(
          readFrame(framed(changed)) !== undefined,
          LinkFrame.safeParse(JSON.parse(JSON.stringify(changed))).success,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("comes back as it was written, with its body", () => {
    const frame = { type: "more", seq: 3, call: 7, isLast: true } as const;
    const body = Buffer.from([0, 255, 123]);
    assert.deepEqual(readFrame(writeFrame(frame, body)), { frame, body });
  });

  it("is none when it is cut anywhere in its header, or is any other bytes", () => {
    const whole = writeFrame({ type: "ack", received: 1 });
    for (let end = 0; end < whole.length; end += 1)
      assert.equal(readFrame(whole.subarray(0, end)), undefined, `${end} bytes`);
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readFrame(Buffer.from(bytes))));
  });

  const call = { type: "call", seq: 1, call: 1, method: "a", contentType: "" } as const;
  it("has limits", () => {
    assert.ok(readFrame(writeFrame(call, Buffer.alloc(linkCallBytesMax))));
    assert.throws(() => writeFrame(call, Buffer.alloc(linkCallBytesMax + 1)), RangeError);
    const tooLong = Buffer.concat([writeFrame(call), Buffer.alloc(linkCallBytesMax + 1)]);
    assert.equal(readFrame(tooLong), undefined);
    const padded = (bytes: number) => {
      const header = Buffer.from(JSON.stringify({ type: "ack", received: 1 }).padEnd(bytes));
      return Buffer.concat([Buffer.from([header.length >> 8, header.length & 255]), header]);
    };
    assert.ok(readFrame(padded(linkHeaderBytesMax)));
    assert.equal(readFrame(padded(linkHeaderBytesMax + 1)), undefined);
  });
});
