import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CodedError, describeError, errorText } from "./coded-error.ts";

class OwnError extends CodedError<"refused"> {}

describe("describeError", () => {
  it("lets our own error speak", () => {
    const { at, ...rest } = describeError(new OwnError("refused", "the door is closed"));
    assert.deepEqual(rest, { name: "OwnError", code: "refused", message: "the door is closed" });
    assert.match(at ?? "", /^coded-error\.test\.ts:\d+:\d+$/);
  });

  it("keeps a foreign error's text and properties out", () => {
    const foreign = Object.assign(new Error("https://host/botTOKEN failed\n    at TOKEN:1:1"), {
      code: "ECONNRESET",
      request: { url: "TOKEN" },
    });
    const own = new OwnError("refused", "the peer is away", { cause: foreign });
    for (const error of [foreign, own]) {
      const text = JSON.stringify(describeError(error)) + errorText(error);
      assert.ok(!text.includes("TOKEN"), text);
      assert.match(text, /ECONNRESET/);
    }
    assert.match(
      errorText(own),
      /^OwnError refused: the peer is away \(.*\), because Error ECONNRESET/,
    );
  });

  it("takes no free text as name or code", () => {
    const error = Object.assign(new Error(""), { name: "my TOKEN here", code: "x".repeat(65) });
    assert.equal(describeError(error).name, "Error");
    assert.equal(describeError(error).code, undefined);
  });

  it("survives hostile errors", () => {
    const hostile = new Error("x");
    for (const key of ["name", "code", "stack", "message", "cause"])
      Object.defineProperty(hostile, key, { get: () => assert.fail("TOKEN") });
    assert.deepEqual(describeError(hostile), { name: "Error" });
    const circular: { cause?: unknown } & Error = new Error("x");
    circular.cause = circular;
    assert.ok(describeError(circular).cause?.cause?.cause !== undefined);
    assert.equal(describeError(circular).cause?.cause?.cause?.cause, undefined);
  });

  for (const [thrown, name] of [
    ["TOKEN", "thrown string"],
    [null, "thrown null"],
    [{}, "thrown object"],
  ] as const)
    it(`names a ${name} only`, () => assert.deepEqual(describeError(thrown), { name }));
});
