import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProblemError } from "../../packages/core/src/domain/problem-error.ts";
import { rethinkSubmission } from "../../packages/core/src/app/rethink.ts";
import { person, question, until } from "../../packages/core/src/app/test/app-fixture.ts";
import { owner } from "../../packages/core/src/app/tokens.ts";
import { answered, chats, type Node, openNode, stepsOf } from "./recursia-fixture.ts";

// /rethink over a scripted model server: RECURSIA with an answer that is there already.

const asked = {
  en: {
    question: "Calculate 17 * 23",
    wrong: "It is 400.",
    right: "It is 391.",
    changed: /^— Changed: .*391/mu,
    kept: /^— Not improved: it passes every check\.$/mu,
  },
  ru: {
    question: "Посчитай 17 * 23",
    wrong: "Это 400.",
    right: "Это 391.",
    changed: /^— Изменено: .*391/mu,
    kept: /^— Не улучшено: он проходит все проверки\.$/mu,
  },
} as const;

const submissionOf = (node: Node, args: Record<string, unknown> = {}, principal = owner) =>
  rethinkSubmission({ ...node.app, language: "en" }, principal, { conversation: "c", args });

function rethink(node: Node, args: Record<string, unknown> = {}) {
  const submission = submissionOf(node, args);
  return node.app.turns.submit({
    principal: owner,
    detached: false,
    watched: false,
    ...submission,
  });
}

async function direct(node: Node, text: string): Promise<string> {
  const end = await node.app.turns.submit(question(text, { mode: "DIRECT" })).end;
  assert.ok(end.kind === "answered");
  return end.answer.text;
}

const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;

for (const language of ["en", "ru"] as const)
  describe(`an answer that is thought over (${language})`, () => {
    const words = asked[language];

    it("is replaced by a better one, and one line says why", async () => {
      await using node = await openNode({
        rules: [{ callIndex: 0, reply: words.wrong }, { reply: words.right }],
      });
      await direct(node, words.question);
      const run = rethink(node);
      const { answer, report } = await answered(run);
      assert.equal(report.answer, words.right);
      assert.match(answer.text, words.changed);
      assert.deepEqual(
        [report.improved, report.evidence, answer.mode],
        ["yes", "checker", "RECURSIA"],
      );
      assert.equal(
        stepsOf(node, run)[0]?.verdict,
        "given",
        "the answer that was there is the first",
      );
      const history = node.app.conversations.history(run.conversationKey);
      assert.equal(history.at(-1)?.content, words.right, "the model is not told the remark");
      const again = await answered(rethink(node));
      assert.equal(again.report.answer, words.right);
      assert.match(again.answer.text, words.kept);
      assert.equal(again.report.cost.calls, 0);
    });

    it("stays where nothing better comes of it", async () => {
      await using node = await openNode({ rules: [{ reply: words.wrong }] });
      await direct(node, words.question);
      const { report } = await answered(rethink(node));
      assert.deepEqual([report.answer, report.improved], [words.wrong, "no"]);
      assert.equal(report.stopReason, "converged");
    });
  });

it("reaches back, and shows the model only what came before that answer", async () => {
  await using node = await openNode({
    rules: [
      { callIndex: 0, reply: "It is 400." },
      { callIndex: 1, reply: "It rains in London." },
      { reply: "It is 391." },
    ],
  });
  await direct(node, "Calculate 17 * 23");
  await direct(node, "How is the weather?");
  const { report } = await answered(rethink(node, { n: "2" }));
  assert.equal(report.answer, "It is 391.");
  const sent = JSON.stringify(node.emulator.requests.at(-1)?.body);
  assert.ok(sent.includes("It is 400.") && !sent.includes("London"), sent);
});

it("is refused plainly without such an answer, and while one is thought over", async () => {
  await using node = await openNode({
    rules: [
      { callIndex: 0, reply: "It is 400." },
      { reply: "x", fault: { kind: "timeout" } },
    ],
  });
  assert.throws(() => submissionOf(node), refused("conflict"));
  await direct(node, "Calculate 17 * 23");
  assert.throws(() => submissionOf(node, { n: 2 }), refused("conflict"));
  for (const n of [0, 21, "0", "21", "x", 1.5])
    assert.throws(() => submissionOf(node, { n }), refused("invalid_body"), String(n));
  assert.throws(() => submissionOf(node, {}, person("anna")), refused("conflict"), "another's");
  assert.throws(() => submissionOf(node, {}, person("x", "event")), refused("forbidden"));
  const run = rethink(node);
  await until("the revision", () => chats(node.emulator) === 2);
  assert.throws(() => submissionOf(node), refused("conflict"));
  // /stop ends it, and what was answered first is still there.
  const { data } = (
    await node.app.commands.execute({
      principal: owner,
      command: "stop",
      args: {},
      conversation: "c",
    })
  ).result;
  assert.deepEqual(data, { cancelled: [run.id] });
  const end = await run.end;
  assert.equal(end.kind === "failed" && end.problem.code, "cancelled");
  const key = node.app.conversations.key(owner, "c");
  assert.equal(node.app.conversations.history(key).at(-1)?.content, "It is 400.");
  assert.equal(submissionOf(node).text, "Calculate 17 * 23");
});

it("is taken up by the next process where it was left, with the same first answer", async () => {
  await using node = await openNode({ rules: [{ reply: "It is 400." }] });
  await direct(node, "Calculate 17 * 23");
  const submission = { ...submissionOf(node), principal: owner, detached: true, watched: false };
  const run = node.app.turns.submit(submission);
  await run.end;
  const { received } = node.app.state.run(run.id) ?? assert.fail();
  const data: unknown = node.app.records.record(received)?.data;
  assert.deepEqual(Object(data).rethink, submission.rethink);
});

describe("the day's tokens", () => {
  it("count what a run took that was stopped on its way", async () => {
    await using node = await openNode({
      rules: [
        { callIndex: 0, reply: "It is 400." },
        { reply: "It is 391.", fault: { kind: "timeout" } },
      ],
    });
    const run = node.app.turns.submit(question("Calculate 17 * 23", { mode: "RECURSIA" }));
    await until("the model is asked again", () => chats(node.emulator) === 2);
    assert.ok(run.spent.promptTokens > 0 && run.spent.completionTokens > 0);
    node.app.turns.cancel(run);
    assert.equal((await run.end).kind, "failed");
    const today = new Date(node.app.clock.ms).toISOString().slice(0, 10);
    const [row] = node.app.state.usage(today, "owner");
    assert.deepEqual(
      [row?.failed, row?.prompt_tokens, row?.completion_tokens],
      [1, run.spent.promptTokens, run.spent.completionTokens],
    );
  });

  it("once used up, leave an answer without thinking, and it says so", async () => {
    await using node = await openNode({ rules: [{ reply: "Это 400." }] }, { tokensPerDay: 1 });
    const first = await answered(
      node.app.turns.submit(question("Посчитай 17 * 23", { mode: "RECURSIA" })),
    );
    assert.notEqual(first.report.stopReason, "daily_tokens", "nothing was used before it");
    const calls = chats(node.emulator);
    const second = await answered(
      node.app.turns.submit(question("Посчитай 17 * 23", { mode: "RECURSIA" })),
    );
    assert.equal(second.report.stopReason, "daily_tokens");
    assert.match(second.answer.text, /Токены на обдумывание на сегодня исчерпаны/u);
    assert.equal(chats(node.emulator), calls + 1, "the model is asked once");
    const third = await answered(rethink(node));
    assert.deepEqual([third.report.answer, third.report.stopReason], ["Это 400.", "daily_tokens"]);
    assert.equal(chats(node.emulator), calls + 1);
    const other = person("anna");
    const theirs = node.app.turns.submit(
      question("Посчитай 17 * 23", { mode: "RECURSIA", principal: other }),
    );
    assert.notEqual(
      (await answered(theirs)).report.stopReason,
      "daily_tokens",
      "others have their own",
    );
  });
});
