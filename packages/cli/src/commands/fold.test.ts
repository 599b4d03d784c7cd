import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { documentBodyBytesMax, FoldArgs } from "@adyton/protocol";
import { nameOf, newest, readEnd } from "./fold.ts";

describe("what is sent of a log", () => {
  const room = documentBodyBytesMax - 1_024;
  const bytes = (text: string): number => Buffer.byteLength(JSON.stringify(text));

  it("is all of it while it fits", () => {
    const text = "x".repeat(room - 2);
    assert.equal(bytes(text), room);
    assert.deepEqual(newest(text), { lines: text, isTail: false });
  });

  it("is its newest whole lines where it does not, however they are written", () => {
    for (const line of ['ERROR "quoted" \\ path', "диск заполнен", "\u0001\u0002\u0003", "a"]) {
      const text = `${line}\n`.repeat(Math.ceil(room / Buffer.byteLength(line)));
      const { lines, isTail } = newest(text);
      assert.ok(isTail);
      assert.ok(bytes(lines) <= room && bytes(lines) > room * 0.9, line);
      assert.ok(text.endsWith(lines) && lines.startsWith(line), line);
    }
  });

  it("is the end of one line that is too long alone", () => {
    const { lines, isTail } = newest("x".repeat(room));
    assert.ok(isTail && lines.length > room - 16 && bytes(lines) <= room);
  });
});

it("what is piped in is kept up to its limit, the newest", async () => {
  async function* pieces(...all: string[]) {
    for (const each of all) yield Buffer.from(each);
    await Promise.resolve();
  }
  assert.equal(await readEnd(pieces("ab", "cd"), 4), "abcd");
  assert.equal(await readEnd(pieces("ab", "cd", "e"), 4), "bcde");
  assert.equal(await readEnd(pieces("abcdefg"), 4), "defg");
  assert.equal(await readEnd(pieces(), 4), "");
});

it("a file's name becomes that of a log", () => {
  for (const [file, name] of [
    ["/var/log/nginx/error.log", "error-log"],
    ["App Errors.LOG", "app-errors-log"],
    ["журнал", "log"],
    ["2026-11-21.csv", "csv"],
    ["x".repeat(80), "x".repeat(32)],
  ] as const) {
    assert.equal(nameOf(file), name);
    assert.ok(FoldArgs.safeParse({ source: name }).success);
  }
});
