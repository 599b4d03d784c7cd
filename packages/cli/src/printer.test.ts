import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failure } from "./failure.ts";
import { jsonText, pipeColumnsMax, Printer } from "./printer.ts";

function printerOf(isTTY: boolean, options: { json?: boolean; env?: Record<string, string> } = {}) {
  const written = { out: "", errors: "" };
  const stream = (name: "out" | "errors") => ({
    isTTY,
    columns: 40,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const print = new Printer({
    out: stream("out"),
    errors: stream("errors"),
    env: options.env ?? {},
    json: options.json ?? false,
  });
  return { print, written };
}

describe("the printer", () => {
  it("colours on a terminal only, and never with NO_COLOR", () => {
    for (const [isTTY, env, coloured] of [
      [true, {}, true],
      [true, { NO_COLOR: "1" }, false],
      [false, {}, false],
    ] as const) {
      const { print, written } = printerOf(isTTY, { env });
      print.line(print.paint("red", "x"));
      print.note("y");
      print.failure(new Failure("failed", { title: "no", advice: "do" }));
      assert.equal(written.out.includes("\u001b"), coloured);
      assert.equal(written.errors.includes("\u001b"), coloured);
    }
  });

  it("aligns columns by characters, in Russian too", () => {
    const { print, written } = printerOf(false);
    print.table(
      [
        [{ text: "день" }, { text: "n" }],
        [{ text: "понедельник" }, { text: "100" }],
      ],
      new Set([1]),
    );
    assert.equal(written.out, "день           n\nпонедельник  100\n");
  });

  it("writes JSON on one line in a pipe and indented on a terminal", () => {
    const pipe = printerOf(false);
    pipe.print.value({ a: [1, "б"] });
    assert.equal(pipe.written.out, '{"a":[1,"б"]}\n');
    const terminal = printerOf(true);
    terminal.print.value({ a: 1 });
    assert.equal(terminal.written.out, '{\n  "a": 1\n}\n');
  });

  it("escapes in JSON what a terminal obeys", () => {
    const hostile = "\u202e\u2066\u2028\u001b[2J\u009b31m\u007f\u0007";
    const text = jsonText({ hostile });
    assert.match(text, /^[\u0020-\u007e]*$/);
    assert.deepEqual(JSON.parse(text), { hostile });
  });

  it("says a failure as JSON on the output and in words beside it", () => {
    const { print, written } = printerOf(false, { json: true });
    print.failure(new Failure("usage", { title: "Nein", detail: "d", advice: "a" }));
    assert.deepEqual(JSON.parse(written.out), {
      error: { code: "usage", title: "Nein", detail: "d", advice: "a" },
    });
    assert.equal(written.errors, "adyton: Nein\nd\n→ a\n");
  });

  it("cuts lines to a terminal's width, and to a sane one in a pipe", () => {
    const { print } = printerOf(false);
    assert.equal(printerOf(true).print.clip("x".repeat(60)).length, 40);
    assert.equal(print.clip("я".repeat(pipeColumnsMax)), "я".repeat(pipeColumnsMax));
    assert.equal(print.clip("я".repeat(pipeColumnsMax + 1)), `${"я".repeat(pipeColumnsMax - 1)}…`);
  });
});
