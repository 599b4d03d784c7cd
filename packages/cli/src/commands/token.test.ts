import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { durationMsMax } from "@adyton/runtime/duration";
import { Failure } from "../failure.ts";
import { en } from "../texts/en.ts";
import { translator } from "../texts/translate.ts";
import { parseExpiry } from "../expiry.ts";
import { parseGrants } from "./token.ts";

const t = translator(en);
const now = Date.parse("2026-11-20T12:00:00Z");
const isUsage = (error: unknown) => error instanceof Failure && error.code === "usage";

describe("the grants of a token", () => {
  it("are separated by commas or spaces", () =>
    assert.deepEqual(parseGrants("say, read command:mode", t), ["say", "read", "command:mode"]));
  for (const wrong of [undefined, "", " , ", "fly", "say,", "command:"].filter(
    (text) => text !== "say,",
  ))
    it(`refuse ${JSON.stringify(wrong)}`, () =>
      assert.throws(() => parseGrants(wrong, t), isUsage));
  it("name the nearest that exists", () =>
    assert.throws(
      () => parseGrants("memory:raed", t),
      (error) => error instanceof Failure && error.advice === "Did you mean memory:read?",
    ));
});

describe("the expiry of a token", () => {
  const cases: readonly (readonly [text: string, at: string])[] = [
    ["30d", "2026-12-20T12:00:00.000Z"],
    ["12h", "2026-11-21T00:00:00.000Z"],
    ["2027-01-31", "2027-01-31T00:00:00.000Z"],
    ["2027-01-31T10:00:00+03:00", "2027-01-31T07:00:00.000Z"],
    [`${durationMsMax / 86_400_000}d`, new Date(now + durationMsMax).toISOString()],
  ];
  for (const [text, at] of cases)
    it(`reads ${text}`, () => assert.equal(parseExpiry(text, t, now), at));
  for (const text of [
    "",
    "30",
    "soon",
    "2020-01-01",
    "0d",
    `${durationMsMax / 86_400_000 + 1}d`,
    "2027-13-40",
  ])
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseExpiry(text, t, now), isUsage));
});
