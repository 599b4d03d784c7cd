import assert from "node:assert/strict";
import { it } from "node:test";
import { answerCharsMax, toolCallsMax, toolNameCharsMax } from "./limits.ts";
import { ToolCalls } from "./tool-calls.ts";

const piece = (name: string, text: string, more: object = {}) => [
  { index: 0, function: { name, arguments: text }, ...more },
];

it("puts calls together by their numbers, whatever order their pieces come in", () => {
  const calls = new ToolCalls();
  for (const pieces of [
    [{ index: 0, id: "a", function: { name: "clock", arguments: "" } }],
    [{ index: 1, id: "b", function: { name: "calendar", arguments: '{"день"' } }],
    [{ index: 0, function: { name: "clock", arguments: '{"city":' } }],
    [
      { index: 1, function: { arguments: ":1}" } },
      { index: 0, function: { arguments: '"Рим"}' } },
    ],
    null,
    undefined,
    [],
  ])
    assert.equal(calls.take(pieces), true);
  assert.deepEqual(calls.all, [
    { id: "a", name: "clock", arguments: '{"city":"Рим"}' },
    { id: "b", name: "calendar", arguments: '{"день":1}' },
  ]);
});

it("gives a call without an id one, without arguments none, and drops one without a name", () => {
  const calls = new ToolCalls();
  assert.equal(calls.take([{ function: { name: "clock" } }]), true);
  assert.equal(calls.take([{ index: 7, id: "x", function: { arguments: "{}" } }]), true);
  assert.deepEqual(calls.all, [{ id: "call_0", name: "clock", arguments: "{}" }]);
});

const bounds: readonly (readonly [name: string, most: number, (size: number) => unknown])[] = [
  ["characters of arguments", answerCharsMax, (size) => piece("clock", "a".repeat(size))],
  ["characters of a name", toolNameCharsMax, (size) => piece("a".repeat(size), "{}")],
  ["characters of an id", toolNameCharsMax, (size) => piece("a", "{}", { id: "a".repeat(size) })],
  [
    "calls",
    toolCallsMax,
    (size) => Array.from({ length: size }, (_, index) => ({ index, function: { name: "a" } })),
  ],
];
for (const [name, most, make] of bounds)
  it(`takes ${most} ${name}, and not one more`, () => {
    assert.equal(new ToolCalls().take(make(most)), true);
    assert.equal(new ToolCalls().take(make(most + 1)), false);
  });
