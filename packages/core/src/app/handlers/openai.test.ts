import assert from "node:assert/strict";
import { it } from "node:test";
import { embeddingsAtOnceMax } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { EmbedOutcome } from "../../ports/backend.ts";
import type { CallOf } from "../../ports/http.ts";
import { KeyedTurns } from "../keyed-turns.ts";
import { ModelNames } from "../openai/model-names.ts";
import { ResponseChain } from "../openai/response-chain.ts";
import { builtIn, HeldBackend, openApp, poolOf, until } from "../test/app-fixture.ts";
import { owner } from "../tokens.ts";
import { openAiHandlers } from "./openai.ts";

/** An embedding model whose answers the test gives. */
class HeldEmbedder extends HeldBackend {
  readonly embeddingModel = "held-embedding";
  readonly waiting: ((outcome: EmbedOutcome) => void)[] = [];

  embed(): Promise<EmbedOutcome> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

it("embeds so many requests at once, and says busy to one more", async () => {
  const backend = new HeldEmbedder(embeddingsAtOnceMax * 2);
  await using app = await openApp({ backend });
  const { turns, idempotency, records, state } = app;
  const backends = poolOf(backend);
  const language = "en";
  const { createEmbeddings } = openAiHandlers({
    keyed: new KeyedTurns({ turns, idempotency, recovered: Promise.resolve() }),
    names: new ModelNames({ backends, modes: builtIn, language, startedMs: 0 }),
    chain: new ResponseChain({ records, state, language }),
    backends,
    language,
  });
  const call: CallOf<"createEmbeddings"> = {
    principal: owner,
    params: undefined,
    query: undefined,
    body: { model: "adyton", input: "Кухня" },
    fingerprint: Buffer.alloc(32),
    wantsStream: false,
    signal: new AbortController().signal,
  };
  const pending = Array.from({ length: embeddingsAtOnceMax }, () => createEmbeddings(call));
  await until("all are asked", () => backend.waiting.length === embeddingsAtOnceMax);
  await assert.rejects(
    createEmbeddings(call),
    (error) => error instanceof ProblemError && error.problem.code === "busy",
  );
  const vectors = [Float32Array.of(0.5, -1)];
  for (const answer of backend.waiting) answer({ kind: "embedded", vectors, model: "held" });
  for (const reply of await Promise.all(pending)) assert.equal(reply.kind, "json");
  const after = createEmbeddings(call);
  await until("one more", () => backend.waiting.length === embeddingsAtOnceMax + 1);
  backend.waiting.at(-1)?.({ kind: "embedded", vectors, model: "held" });
  assert.equal((await after).kind, "json");
});

class NamedBackend extends HeldBackend {
  override readonly name: string;
  override readonly model: string;

  constructor(name: string, model: string) {
    super(4, `ответ ${name}`);
    this.name = name;
    this.model = model;
  }
}

it("asks the servers that have the model a client names, and no other in their place", async () => {
  const servers = [
    new NamedBackend("a", "qwen"),
    new NamedBackend("b", "llama"),
    new NamedBackend("c", "llama"),
  ] as const;
  const backends = poolOf(...servers);
  await using app = await openApp({ backends });
  const { turns, idempotency, records, state } = app;
  const language = "ru";
  const { createChatCompletion } = openAiHandlers({
    keyed: new KeyedTurns({ turns, idempotency, recovered: Promise.resolve() }),
    names: new ModelNames({ backends, modes: builtIn, language, startedMs: 0 }),
    chain: new ResponseChain({ records, state, language }),
    backends,
    language,
  });
  const asked = async (model: string, times: number): Promise<readonly number[]> => {
    for (const server of servers) server.requests.length = 0;
    for (let index = 0; index < times; index += 1) {
      const messages = [{ role: "user" as const, content: "Привет" }];
      const reply = await createChatCompletion({
        principal: owner,
        params: undefined,
        query: undefined,
        body: { model, messages },
        fingerprint: Buffer.alloc(32),
        wantsStream: false,
        signal: new AbortController().signal,
      });
      assert.equal(reply.kind, "json");
    }
    return servers.map(({ requests }) => requests.length);
  };
  assert.deepEqual(await asked("llama", 4), [0, 2, 2]);
  assert.deepEqual(await asked("qwen", 3), [3, 0, 0]);
  assert.deepEqual(await asked("adyton", 3), [1, 1, 1]);
  await assert.rejects(asked("mistral", 1), ProblemError);
  const failing = servers[0];
  failing.chat = () =>
    Promise.resolve({
      kind: "failed",
      reason: "unavailable",
      detail: { en: "away", ru: "нет" },
      started: false,
    });
  await assert.rejects(asked("qwen", 1), assert.AssertionError);
  assert.deepEqual(
    servers.map(({ requests }) => requests.length),
    [0, 0, 0],
  );
});
