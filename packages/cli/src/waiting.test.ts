import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Printer } from "./printer.ts";
import { startWaiting, whileWaiting } from "./waiting.ts";

function terminal() {
  const written: string[] = [];
  const stream = { isTTY: true, columns: 40, write: (text: string) => written.push(text) };
  const print = new Printer({ out: stream, errors: stream, env: {}, json: false });
  return { written, print };
}

describe("waiting", () => {
  it("is shown from the first second on and cleared once", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { written, print } = terminal();
    const waiting = startWaiting(print, () => "жду");
    t.mock.timers.tick(999);
    assert.deepEqual(written, []);
    t.mock.timers.tick(1);
    assert.deepEqual(written, ["\r\u001b[2Kжду"]);
    waiting[Symbol.dispose]();
    waiting[Symbol.dispose]();
    t.mock.timers.tick(5_000);
    assert.deepEqual(written.slice(1), ["\r\u001b[2K"]);
  });

  it("ends with its work, also when that fails", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { written, print } = terminal();
    const text = () => "waiting";
    assert.equal(await whileWaiting(print, text, () => Promise.resolve(1)), 1);
    await assert.rejects(whileWaiting(print, text, () => Promise.reject(new Error("no"))));
    t.mock.timers.tick(5_000);
    assert.deepEqual(written, []);
  });
});
