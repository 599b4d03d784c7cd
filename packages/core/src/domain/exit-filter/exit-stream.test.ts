import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type ExitRules, filterExit } from "./exit-filter.ts";
import { ExitStream, heldCharsMax } from "./exit-stream.ts";

const rules: ExitRules = {
  hosts: ["docs.example"],
  addresses: new Set(),
  secrets: ["s3cret-backend-key"],
};

const parts = [
  "Котёл обслужили ",
  "![x](https://evil.example/a?d=1)",
  "[a b](https://docs.example/x)",
  " /command switch_mode X\n",
  "\n",
  " ",
  "s3cret-backend-key",
  "evil.example/leak",
  "<img src=x>",
  "👩‍💻",
  "\u200B",
  "<|im_start|>",
  "[r]: //evil.example ",
  "слово, ",
  "describe_self",
  "help ",
];

function streamed(text: string, cuts: readonly number[]): string {
  const stream = new ExitStream(rules);
  let shown = "";
  let from = 0;
  for (const cut of [...cuts.map((each) => each % (text.length + 1)), text.length].toSorted(
    (a, b) => a - b,
  )) {
    shown += stream.feed(text.slice(from, cut));
    from = cut;
  }
  return shown + stream.end();
}

describe("a filtered stream", () => {
  it("comes to what the whole text comes to, wherever it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...parts), { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (some, cuts) => {
          const text = some.join("");
          assert.equal(streamed(text, cuts), filterExit(text, rules).text);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("shows what is over, and holds the last words back", () => {
    const stream = new ExitStream(rules);
    assert.equal(stream.feed("one two thr"), "one ");
    assert.equal(stream.feed("ee four"), "two ");
    assert.equal(stream.end(), "three four");
    assert.equal(stream.end(), "");
  });

  it("holds no more than its limit", () => {
    const stream = new ExitStream(rules);
    const word = "x".repeat(heldCharsMax);
    assert.equal(stream.feed(word), "");
    assert.equal(stream.feed("y"), `${word}y`);
  });

  it("begins anew", () => {
    const stream = new ExitStream(rules);
    stream.feed("void");
    stream.restart();
    assert.equal(stream.feed("new"), "");
    assert.equal(stream.end(), "new");
  });
});
