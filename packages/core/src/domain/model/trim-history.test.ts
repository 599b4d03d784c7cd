import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { messageOverheadTokens } from "./token-estimate.ts";
import { trimHistory, type TrimInput } from "./trim-history.ts";

interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

const count = (text: string): number => text.length;
const system: Message = { role: "system", content: "Be brief." };
const question: Message = { role: "user", content: "And now?" };
const turn = (user: string, assistant: string): Message[] => [
  { role: "user", content: user },
  { role: "assistant", content: assistant },
];

function trim(history: readonly Message[], windowTokens: number, reserveTokens = 0) {
  return trimHistory({ system: [system], history, question, windowTokens, reserveTokens, count });
}

const bareTokens = system.content.length + question.content.length + 3 * messageOverheadTokens;
const turnTokens = (user: string, assistant: string): number =>
  user.length + assistant.length + 2 * messageOverheadTokens;

describe("trimHistory", () => {
  it("keeps everything at the limit and drops the oldest turn one token below", () => {
    const history = [...turn("привет", "здравствуй"), ...turn("one", "two")];
    const all = bareTokens + turnTokens("привет", "здравствуй") + turnTokens("one", "two");
    const whole = trim(history, all);
    assert.equal(whole.kind, "fits");
    assert.deepEqual(whole.kind === "fits" && [whole.dropped, whole.tokens], [0, all]);
    const less = trim(history, all - 1);
    assert.equal(less.kind, "fits");
    assert.deepEqual(less.kind === "fits" && less.messages, [
      system,
      ...turn("one", "two"),
      question,
    ]);
    assert.equal(less.kind === "fits" && less.dropped, 2);
  });

  it("never keeps an answer without its question", () => {
    const history = turn("a".repeat(100), "b");
    const outcome = trim(history, bareTokens + 20);
    assert.deepEqual(outcome.kind === "fits" && outcome.messages, [system, question]);
  });

  it("takes an opening greeting as a turn of its own", () => {
    const greeting: Message = { role: "assistant", content: "Welcome." };
    const outcome = trim([greeting, ...turn("x", "y")], 1_000);
    assert.equal(outcome.kind === "fits" && outcome.dropped, 0);
  });

  it("says with figures when the question alone does not fit", () => {
    assert.equal(trim([], bareTokens).kind, "fits");
    assert.deepEqual(trim(turn("x", "y"), bareTokens - 1), {
      kind: "too_long",
      neededTokens: bareTokens,
      availableTokens: bareTokens - 1,
      questionTokens: question.content.length + messageOverheadTokens,
    });
    assert.equal(trim([], 100, 200).kind, "too_long");
  });

  const anyMessage = fc.record({
    role: fc.constantFrom("user", "assistant"),
    content: fc.string({ maxLength: 40 }),
  });
  const anyInput: fc.Arbitrary<TrimInput<Message>> = fc.record({
    system: fc.array(
      fc.record({ role: fc.constant("system"), content: fc.string({ maxLength: 20 }) }),
      { maxLength: 3 },
    ),
    history: fc.array(anyMessage, { maxLength: 20 }),
    question: fc.record({ role: fc.constant("user"), content: fc.string({ maxLength: 30 }) }),
    windowTokens: fc.nat(600),
    reserveTokens: fc.nat(100),
    count: fc.constant(count),
  }) as fc.Arbitrary<TrimInput<Message>>;
  const weight = (messages: readonly Message[]): number =>
    messages.reduce(
      (sum, { content }) => sum + content.length + messageOverheadTokens,
      messageOverheadTokens,
    );

  it("fits, keeps system and question, keeps a suffix of whole turns, and keeps all that fits", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const outcome = trimHistory(input);
        const available = Math.max(0, input.windowTokens - input.reserveTokens);
        if (outcome.kind === "too_long") {
          assert.equal(outcome.neededTokens, weight([...input.system, input.question]));
          assert.ok(outcome.neededTokens > available);
          return;
        }
        const { messages, dropped, tokens } = outcome;
        assert.deepEqual(messages, [
          ...input.system,
          ...input.history.slice(dropped),
          input.question,
        ]);
        assert.equal(tokens, weight(messages));
        assert.ok(tokens <= available);
        const first = input.history[dropped];
        if (dropped > 0 && first !== undefined) assert.equal(first.role, "user");
        if (dropped === 0) return;
        const turnStart = input.history
          .slice(0, dropped)
          .findLastIndex(({ role }) => role === "user");
        const withOneMore = [
          ...input.system,
          ...input.history.slice(Math.max(0, turnStart)),
          input.question,
        ];
        assert.ok(weight(withOneMore) > available);
      }),
      { numRuns: 500 },
    );
  });
});
