import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { responseChainMax } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import { HeldBackend, openApp, type OpenApp, person, question } from "../test/app-fixture.ts";
import { owner } from "../tokens.ts";
import { ResponseChain } from "./response-chain.ts";

const code = (expected: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === expected;

async function respond(app: OpenApp, text: string, previous?: string): Promise<string> {
  const messages = [{ role: "user" as const, content: text }];
  const noted = { messages: 1, sha256: "0", stored: true as const, previous };
  const run = app.turns.submit(question(text, { context: { messages, noted } }));
  await run.end;
  return run.id;
}

const chainOf = ({ records, state }: OpenApp) =>
  new ResponseChain({ records, state, language: "en" });

describe("responses that follow each other", () => {
  it("are put together from the journal, oldest first, as far as the limit goes", async () => {
    await using app = await openApp({ backend: new HeldBackend(1, "Ответ") });
    const chain = chainOf(app);
    let last: string | undefined;
    for (let count = 1; count <= responseChainMax; count += 1)
      last = await respond(app, `Вопрос ${count}`, last);
    const id = String(last).replace("run_", "resp_");
    const { messages, run, conversation } = chain.upTo(id, owner);
    assert.equal(run, last);
    assert.equal(conversation, "c");
    assert.equal(messages.length, responseChainMax * 2);
    assert.equal(messages[0]?.content, "Вопрос 1");
    assert.equal(messages.at(-1)?.content, "Ответ");
    const over = (await respond(app, "Ещё один", last)).replace("run_", "resp_");
    assert.throws(() => chain.upTo(over, owner), code("conflict"));
  });

  it("are their caller's alone, and have to be stored and answered", async () => {
    const backend = new HeldBackend(1, "Answer");
    await using app = await openApp({ backend });
    const chain = chainOf(app);
    const stored = (await respond(app, "Mine")).replace("run_", "resp_");
    assert.equal(chain.upTo(stored, owner).messages.length, 2);
    assert.throws(() => chain.upTo(stored, person("ann")), code("not_found"));
    const plain = app.turns.submit(question("Not stored"));
    await plain.end;
    assert.throws(() => chain.upTo(plain.id.replace("run_", "resp_"), owner), code("not_found"));
    assert.throws(() => chain.upTo("resp_00000000", owner), code("not_found"));
    await app.real.sweep({ trace: -1_000, message: -1_000 }, new AbortController().signal);
    assert.throws(() => chain.upTo(stored, owner), code("erased"));
    assert.throws(() => chain.upTo(stored, person("ann")), code("not_found"));
  });
});
