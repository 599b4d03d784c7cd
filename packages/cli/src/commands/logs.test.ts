import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JournalEvent } from "@adyton/protocol";
import { localTime } from "../local-time.ts";
import { recordText } from "./logs.ts";

const record: JournalEvent = {
  specversion: "1.0",
  id: "1",
  source: "/adyton/61aa1be98b92143f",
  type: "message.received",
  time: "2026-11-20T12:00:00Z",
  seq: 1,
  owner: "owner",
  tier: "owner",
  payload: "present",
};

describe("a record on one line", () => {
  const cases: readonly (readonly [Partial<JournalEvent>, string])[] = [
    [{}, ""],
    [{ data: { text: "two\nlines" } }, "two lines"],
    [{ data: { value: 81.5 } }, '{"value":81.5}'],
    [{ data: "ёж" }, "ёж"],
    [{ data: null }, "null"],
    [{ subject: "boiler", data: { text: "hot" } }, "boiler hot"],
    [{ subject: "boiler" }, "boiler"],
    [{ data: { text: "\u001b[2Jgone" } }, "gone"],
    [{ source: "/boiler", subject: "hall", data: { value: 81.5 } }, '/boiler hall {"value":81.5}'],
    [{ source: "/котёл\n\u202e", data: null }, "/котёл null"],
    [{ source: "/adyton/61aa1be98b92143f/outside" }, ""],
    [{ type: "token.added", facts: { name: "boiler", may: ["event"] } }, "boiler"],
    [{ type: "turn.received", facts: { name: "x" }, data: { text: "да" } }, "да"],
    [{ data: { other: "\u001b[2Jgone" } }, '{"other":"\\u001b[2Jgone"}'],
  ];
  for (const [part, text] of cases)
    it(`is ${JSON.stringify(text)}`, () => assert.equal(recordText({ ...record, ...part }), text));
});

describe("local time", () => {
  it("is of this machine's zone", () => {
    const at = new Date(2026, 10, 5, 3, 4, 9);
    assert.equal(localTime(at.toISOString()), "2026-11-05 03:04:09");
  });
  it("stays as it is when it is none", () => assert.equal(localTime("soon"), "soon"));
});
