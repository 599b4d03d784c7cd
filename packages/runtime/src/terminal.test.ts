import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "./clock.ts";
import { clipToColumns, describeTerminal, progressEveryMs, startProgress } from "./terminal.ts";

function stream(isTTY: boolean, columns?: number) {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
}

describe("describeTerminal", () => {
  const cases: ReadonlyArray<[isTTY: boolean, env: Record<string, string>, coloured: boolean]> = [
    [true, {}, true],
    [true, { NO_COLOR: "" }, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
    [false, {}, false],
  ];
  for (const [isTTY, env, coloured] of cases)
    it(`${coloured ? "paints" : "leaves plain"} for TTY ${isTTY} and ${JSON.stringify(env)}`, () =>
      assert.equal(
        describeTerminal(stream(isTTY), env).paint("red", "да"),
        coloured ? "\u001b[31mда\u001b[0m" : "да",
      ));

  it("has 80 columns where none are told", () => {
    for (const columns of [undefined, 0])
      assert.equal(describeTerminal(stream(false, columns)).columns, 80);
    assert.equal(describeTerminal(stream(true, 120)).columns, 120);
  });
});

describe("startProgress", () => {
  it("rewrites one line on a terminal and clears it", () => {
    const out = stream(true, 10);
    const progress = startProgress(out, new ManualClock());
    progress.update("загрузка\nмодели");
    progress[Symbol.dispose]();
    progress[Symbol.dispose]();
    assert.deepEqual(out.written, ["\r\u001b[2Kзагрузка…", "\r\u001b[2K"]);
  });

  it("is silent elsewhere, but for one line per ten seconds", async () => {
    const out = stream(false);
    const clock = new ManualClock();
    using progress = startProgress(out, clock);
    progress.update("a");
    await clock.advance(progressEveryMs - 1);
    progress.update("b");
    assert.deepEqual(out.written, []);
    await clock.advance(1);
    progress.update("c");
    progress.update("d");
    assert.deepEqual(out.written, ["c\n"]);
  });
});

describe("clipToColumns", () => {
  const cases: ReadonlyArray<[text: string, columns: number, expected: string]> = [
    ["", 3, ""],
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["привет", 6, "привет"],
    ["привет!", 6, "приве…"],
    ["日本", 4, "日本"],
    ["日本語", 4, "日…"],
    ["👍👍", 3, "👍…"],
  ];
  for (const [text, columns, expected] of cases)
    it(`${text} in ${columns} is ${expected}`, () =>
      assert.equal(clipToColumns(text, columns), expected));
});
