import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { failureWords } from "./failure-words.ts";
import { notAnAnswer, readServerError, statusFailure, unknownModelSentence } from "./failures.ts";
import { modelsNamedMax } from "./limits.ts";

const judge = (status: number, body: unknown) =>
  statusFailure({ status, error: readServerError(body) });

/** As the servers word it, in their own shapes. */
const overflows: ReadonlyArray<[server: string, status: number, body: unknown]> = [
  [
    "llama.cpp",
    400,
    {
      error: {
        code: 400,
        message:
          "the request exceeds the available context size. try increasing the context size or enable context shift",
        type: "exceed_context_size_error",
        n_prompt_tokens: 1407,
        n_ctx: 256,
      },
    },
  ],
  [
    "llama.cpp, newer",
    400,
    {
      error: {
        code: 400,
        message:
          "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
        type: "exceed_context_size_error",
      },
    },
  ],
  [
    "llama.cpp, former status",
    500,
    {
      error: {
        code: 500,
        message: "the request exceeds the available context size",
        type: "exceed_context_size_error",
      },
    },
  ],
  [
    "OpenAI",
    400,
    {
      error: {
        message:
          "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.",
        type: "invalid_request_error",
        param: "messages",
        code: "context_length_exceeded",
      },
    },
  ],
  [
    "vLLM",
    400,
    {
      object: "error",
      message:
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4500 in the messages, 500 in the completion).",
      type: "BadRequestError",
      param: null,
      code: 400,
    },
  ],
  [
    "vLLM, newer",
    400,
    {
      error: {
        message:
          "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
        type: "BadRequestError",
        code: 400,
      },
    },
  ],
  [
    "vLLM, input and output",
    400,
    {
      error: {
        message:
          "You passed 4000 input tokens and requested 200 output tokens. However, the model's context length is only 4096 tokens.",
        code: 400,
      },
    },
  ],
  [
    "SGLang",
    400,
    {
      object: "error",
      message: "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
      code: 400,
    },
  ],
  [
    "Ollama",
    400,
    {
      error: {
        message: "the input length exceeds the context length",
        type: "invalid_request_error",
      },
    },
  ],
  ["Ollama, native", 400, { error: "prompt too long; exceeded max context length by 12 tokens" }],
  [
    "LM Studio",
    400,
    {
      error:
        "Trying to keep the first 6547 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
    },
  ],
  [
    "text-generation-webui",
    500,
    { detail: "The input is too long for the available context length." },
  ],
  [
    "llama-cpp-python",
    400,
    { error: { message: "Requested tokens (2285) exceed context window of 2048" } },
  ],
];

const others: ReadonlyArray<
  [name: string, status: number, body: unknown, reason: string, retry: string]
> = [
  [
    "a wrong key",
    401,
    { error: { message: "Incorrect API key provided: sk-secret" } },
    "refused",
    "no",
  ],
  ["a forbidden key", 403, {}, "refused", "no"],
  ["an unknown model", 404, { error: { message: "model 'x' not found" } }, "refused", "no"],
  ["a bad parameter", 400, { error: { message: "temperature must be positive" } }, "refused", "no"],
  ["a bad field", 422, { detail: [{ loc: ["body", "n"], msg: "must be 1" }] }, "refused", "no"],
  ["a redirect", 302, undefined, "refused", "no"],
  ["a busy server", 429, { error: { message: "Rate limit" } }, "unavailable", "later"],
  ["an error", 500, "oops", "unavailable", "later"],
  ["a gateway", 502, undefined, "unavailable", "later"],
  ["a loading model", 503, { error: { message: "Loading model" } }, "unavailable", "later"],
  ["a gateway's patience", 504, undefined, "unavailable", "later"],
  ["an unimplemented route", 501, undefined, "unavailable", "no"],
];

describe("statusFailure", () => {
  for (const [server, status, body] of overflows)
    it(`recognises an overflow as ${server} words it`, () => {
      const failure = judge(status, body);
      assert.equal(failure.reason, "overflow");
      assert.equal(failure.health, "works");
    });

  for (const [name, status, body, reason, retry] of others)
    it(`takes ${name} for ${reason}, retry: ${retry}`, () => {
      const failure = judge(status, body);
      assert.deepEqual([failure.reason, failure.retry], [reason, retry]);
    });

  it("tells what to do about a key, and never shows it", () => {
    const failure = judge(401, { error: { message: "Incorrect API key provided: sk-secret" } });
    assert.match(failure.detail.en, /api_key_file/);
    assert.ok(!JSON.stringify(failure).includes("sk-secret"));
  });

  for (const status of [400, 401, 404, 429, 500, 503])
    it(`keeps nothing of what a server says with status ${status}`, () => {
      const message = "cannot parse: мой секрет, my secret, 10.0.0.7";
      const failure = judge(status, { error: { message } });
      assert.doesNotMatch(JSON.stringify(failure), /секрет|secret|10\.0\.0\.7/);
    });

  it("takes a missing model for one whatever the status", () => {
    assert.equal(judge(400, { error: { code: "model_not_found", message: "" } }).isMissing, true);
    assert.equal(
      judge(400, { error: { message: "The model `x` does not exist." } }).isMissing,
      true,
    );
    assert.equal(judge(400, { error: { message: "stop must be a text" } }).isMissing, false);
  });
});

describe("unknownModelSentence", () => {
  it("names the models that exist, up to its limit, and no path", () => {
    const names = Array.from({ length: modelsNamedMax }, (_, index) => `m${index}`);
    assert.match(unknownModelSentence("x", names).en, new RegExp(`m${modelsNamedMax - 1}\\. Set`));
    assert.match(unknownModelSentence("x", [...names, "one"]).en, /and 1 more/);
    assert.match(
      unknownModelSentence("/home/anna/x.gguf", ["/srv/y.gguf"]).en,
      /model x\.gguf; it has y\.gguf/,
    );
  });
});

describe("what users are told", () => {
  const { failed, keyRefused, redirect, refused, tooSlow, unknownModel, ...plain } = failureWords;
  const made = [failed, keyRefused, redirect, refused, tooSlow].map((say) => say(7));
  for (const { en, ru } of [...Object.values(plain), ...made, unknownModel("a", "b", 1)])
    it(`is one sentence in each language: ${en}`, () => {
      assert.match(en, /^[A-Z][^а-яё]+\.$/i);
      assert.match(ru, /^[А-ЯЁ].*[а-яё].*\.$/);
    });
});

describe("notAnAnswer", () => {
  it("tells a web page from other text", () => {
    assert.match(notAnAnswer(" <!doctype html>").detail.en, /web page/);
    assert.match(notAnAnswer("{").detail.en, /cannot be read/);
  });
});
