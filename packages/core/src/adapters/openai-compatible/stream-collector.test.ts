import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ReasoningFilter } from "../../domain/model/reasoning-filter.ts";
import { streamBytesMax, streamEventCharsMax } from "./limits.ts";
import { StreamCollector } from "./stream-collector.ts";

const delta = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const finish = (reason: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })}\n\n`;
const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 2 } })}\n\n`;
const done = "data: [DONE]\n\n";

function collect(pieces: readonly (string | Uint8Array)[], filter = new ReasoningFilter()) {
  const shown: string[] = [];
  const collector = new StreamCollector({ filter, onDelta: (text) => shown.push(text) });
  for (const piece of pieces)
    collector.feed(typeof piece === "string" ? Buffer.from(piece) : piece);
  collector.end();
  const { state, problem, error } = collector;
  return {
    text: filter.text,
    shown: shown.join(""),
    state,
    finish: collector.finish,
    usage: collector.usage,
    problem,
    error,
  };
}

const cases: ReadonlyArray<
  [name: string, stream: string, text: string, state: string, finish: string | undefined]
> = [
  [
    "a usual stream",
    delta("При") + delta("вет") + finish("stop") + usage + done,
    "Привет",
    "done",
    "stop",
  ],
  ["no [DONE]", delta("Hi") + finish("length"), "Hi", "done", "length"],
  ["no finish_reason", delta("Hi") + done, "Hi", "done", undefined],
  ["neither", delta("Hi"), "Hi", "open", undefined],
  [
    "no empty line after the last event",
    delta("Hi") + finish("stop").trimEnd(),
    "Hi",
    "done",
    "stop",
  ],
  ["CRLF", (delta("Hi") + finish("stop") + done).replaceAll("\n", "\r\n"), "Hi", "done", "stop"],
  [
    "comments",
    `: ping\n\n${delta("Hi")}: OPENROUTER PROCESSING\n\n${finish("stop")}${done}`,
    "Hi",
    "done",
    "stop",
  ],
  [
    "no space after the colon",
    (delta("Hi") + done).replaceAll("data: ", "data:"),
    "Hi",
    "done",
    undefined,
  ],
  ["empty choices first", `data: {"choices":[]}\n\n${delta("Hi")}${done}`, "Hi", "done", undefined],
  [
    "null content",
    `data: {"choices":[{"delta":{"role":"assistant","content":null}}]}\n\n${delta("Hi")}${done}`,
    "Hi",
    "done",
    undefined,
  ],
  [
    "another choice",
    `data: {"choices":[{"index":1,"delta":{"content":"no"}}]}\n\n${delta("Hi")}${done}`,
    "Hi",
    "done",
    undefined,
  ],
  [
    "the whole answer repeated at the end",
    `${delta("Hi")}data: {"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}\n\n${done}`,
    "Hi",
    "done",
    "stop",
  ],
  [
    "the whole answer in one message",
    `data: {"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}\n\n`,
    "Hi",
    "done",
    "stop",
  ],
  [
    "text after the announced end",
    delta("Hi") + finish("stop") + delta(" there") + done,
    "Hi",
    "done",
    "stop",
  ],
  ["text after [DONE]", delta("Hi") + done + delta(" there"), "Hi", "done", undefined],
  [
    "an unreadable event",
    `${delta("Hi")}data: {"choices":[{"del\n\n${delta(" there")}`,
    "Hi",
    "broken",
    undefined,
  ],
  [
    "an event that is no chunk",
    `${delta("Hi")}data: 42\n\n${delta(" there")}`,
    "Hi",
    "broken",
    undefined,
  ],
  [
    "an error",
    `${delta("Hi")}data: {"error":{"message":"out of memory","code":500}}\n\n${delta("!")}`,
    "Hi",
    "broken",
    undefined,
  ],
  ["a web page", "<!doctype html>\n<p>Log in</p>\n\n", "", "open", undefined],
  ["nothing", "", "", "open", undefined],
];

describe("StreamCollector", () => {
  for (const [name, stream, text, state, reason] of cases)
    it(`reads ${name}, in one piece and byte by byte`, () => {
      const bytes = Buffer.from(stream);
      for (const pieces of [[bytes], Array.from(bytes, (byte) => Uint8Array.of(byte))]) {
        const got = collect(pieces);
        assert.deepEqual([got.text, got.shown, got.state, got.finish], [text, text, state, reason]);
      }
    });

  it("keeps usage from a last event without choices", () =>
    assert.deepEqual(collect([delta("Hi"), finish("stop"), usage, done]).usage, {
      prompt_tokens: 9,
      completion_tokens: 2,
    }));

  it("keeps the server's error", () =>
    assert.equal(collect(['data: {"error":"no such model"}\n\n']).error?.message, "no such model"));

  it("leaves separate reasoning out, and holds nothing then", () => {
    const thought = `data: ${JSON.stringify({ choices: [{ delta: { reasoning_content: "Хм" } }] })}\n\n`;
    const got = collect(
      [thought, delta("Да"), finish("length"), done],
      new ReasoningFilter("maybe_reasoning"),
    );
    assert.deepEqual([got.text, got.shown], ["Да", "Да"]);
  });

  it("takes an event at the limit and breaks one character above", () => {
    const event = (chars: number): string => {
      const frame = delta("").length - 2;
      return delta("x".repeat(chars - frame));
    };
    assert.equal(collect([event(streamEventCharsMax), done]).state, "done");
    const over = collect([event(streamEventCharsMax + 64).slice(0, -2)]);
    assert.deepEqual([over.state, over.problem], ["broken", "too_large"]);
  });

  it("takes a stream at the limit and breaks one byte above", () => {
    const comment = Buffer.from(`: ${"x".repeat(1_048_573)}\n`);
    const fill = (bytes: number) => {
      const collector = new StreamCollector({
        filter: new ReasoningFilter(),
        onDelta: () => undefined,
      });
      for (let fed = 0; fed < bytes; fed += comment.length)
        collector.feed(comment.subarray(0, bytes - fed));
      return collector;
    };
    assert.equal(comment.length, 1_048_576);
    assert.equal(fill(streamBytesMax).state, "open");
    assert.equal(fill(streamBytesMax + 1).problem, "too_large");
  });

  it("gives the same for any cut of the bytes", () => {
    const stream = Buffer.from(
      `: hi\r\n\r\n${delta("<think>ой</thi")}${delta("nk>Приве")}${delta("т 👍🏽好")}${finish("stop")}${usage}${done}`,
    );
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const pieces = edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge));
        assert.equal(collect(pieces).shown, "Привет 👍🏽好");
      }),
    );
  });
});
