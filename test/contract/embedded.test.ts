import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { optionalPackage } from "@adyton/runtime/optional-package";
import { openBackend } from "../../packages/core/src/adapters/openai-compatible/backend.ts";
import { engineMissing, writeModel } from "../e2e/embedded-engine.ts";
import { until } from "../e2e/node-process.ts";
import { EmbeddedServer, eventsOf } from "./embedded-fixture.ts";

// The server of the embedded model, with real files that were made here and know nothing.

const skip = await engineMissing();
const folder = mkdtempSync(join(tmpdir(), "adyton-gguf-"));
after(() => rmSync(folder, { recursive: true }));
const pong = writeModel(folder, "pong", { says: "pong" });
const gibberish = writeModel(folder, "gibberish", { contextTokens: 8_192 });
const user = (content: string) => ({ messages: [{ role: "user", content }] });
const never = new AbortController().signal;

describe("the server of an embedded model", { skip }, () => {
  let server: EmbeddedServer;
  before(async () => {
    server = await EmbeddedServer.start(pong);
  });
  after(async () => await server[Symbol.asyncDispose]());
  const chat = (body: object) => server.ask("/v1/chat/completions", body);

  it("says what it serves, with the window that is in force", async () => {
    const { json } = await server.ask("/v1/models");
    assert.deepEqual(
      json.data.map(({ id, owned_by, meta }: Record<string, unknown>) => [id, owned_by, meta]),
      [
        [
          "tiny",
          "llamacpp",
          { n_ctx: 2_048, n_ctx_train: 2_048, n_embd: 448, size: json.data[0].meta.size },
        ],
      ],
    );
    const props = await server.ask("/props");
    assert.equal(props.json.default_generation_settings.n_ctx, 2_048);
    assert.equal((await server.ask("/health")).json.status, "ok");
    assert.equal((await server.ask("/nothing")).status, 404);
  });

  it("lets nobody else speak to it", () => {
    assert.equal(statSync(server.socket).mode & 0o777, 0o600);
    assert.equal(statSync(join(server.folder, "run")).mode & 0o777, 0o700);
  });

  it("answers whole and in pieces alike, with a count of tokens", async () => {
    const whole = await chat({ ...user("ping"), temperature: 0 });
    assert.equal(whole.json.choices[0].message.content, "pong");
    assert.equal(whole.json.choices[0].finish_reason, "stop");
    const { text } = await chat({
      ...user("ping"),
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    });
    const events = eventsOf(text);
    const pieces = events.flatMap(({ choices }) => choices[0]?.delta.content ?? []);
    assert.ok(pieces.length > 1);
    assert.equal(pieces.join(""), "pong");
    assert.deepEqual(events.at(-1).usage, whole.json.usage);
    assert.ok(whole.json.usage.prompt_tokens > 4);
    assert.ok(text.endsWith("data: [DONE]\n\n"));
  });

  it("ends at a stop and at a count of tokens", async () => {
    const stopped = await chat({ ...user("ping"), temperature: 0, stop: ["n"] });
    assert.equal(stopped.json.choices[0].message.content, "po");
    assert.equal(stopped.json.choices[0].finish_reason, "stop");
    const cut = await chat({ ...user("ping"), temperature: 0, max_tokens: 2 });
    assert.equal(cut.json.choices[0].finish_reason, "length");
    assert.ok("pong".startsWith(cut.json.choices[0].message.content));
  });

  it("counts tokens by its own tokenizer", async () => {
    const { json } = await server.ask("/tokenize", { content: "да" });
    assert.equal(json.tokens.length, 2);
  });

  it("refuses a prompt that does not fit, with both counts, as llama.cpp does", async () => {
    const { status, json } = await chat(user("длинно ".repeat(500)));
    assert.equal(status, 400);
    assert.equal(json.error.type, "exceed_context_size_error");
    assert.equal(json.error.n_ctx, 2_048);
    assert.ok(json.error.n_prompt_tokens > 2_048);
    assert.doesNotMatch(json.error.message, /длинно/);
  });

  it("refuses what is no JSON and what is too large", async () => {
    assert.equal((await chat({})).status, 400);
    const large = await chat(user("x".repeat(17 * 1024 * 1024))).catch(() => ({ status: 413 }));
    assert.equal(large.status, 413);
  });
});

describe("a model that says anything", { skip }, () => {
  let server: EmbeddedServer;
  before(async () => {
    server = await EmbeddedServer.start(gibberish, { slots: 2 });
  });
  after(async () => await server[Symbol.asyncDispose]());
  const chat = (body: object, onData?: (text: string) => "go on" | "leave") =>
    server.ask("/v1/chat/completions", body, onData);

  const schema = {
    type: "object",
    properties: { ok: { type: "boolean" }, what: { enum: ["один", "two"] } },
    required: ["ok", "what"],
    additionalProperties: false,
  };
  for (const stream of [false, true])
    it(`keeps to a schema${stream ? " in a stream" : ""}`, async () => {
      const response_format = { type: "json_schema", json_schema: { name: "x", schema } };
      for (let seed = 1; seed <= 5; seed += 1) {
        const { text, json } = await chat({ ...user("?"), response_format, seed, stream });
        const answer = stream
          ? eventsOf(text)
              .flatMap(({ choices }) => choices[0]?.delta.content ?? [])
              .join("")
          : json.choices[0].message.content;
        const value = JSON.parse(answer);
        assert.equal(typeof value.ok, "boolean");
        assert.ok(["один", "two"].includes(value.what));
      }
    });

  it("refuses a schema that cannot be met", async () => {
    const response_format = { type: "json_schema", json_schema: { schema: { type: "nonsense" } } };
    assert.equal((await chat({ ...user("?"), response_format })).status, 400);
  });

  it("draws differently each time, and alike from one seed", async () => {
    const ask = async (more: object) =>
      (await chat({ ...user("?"), max_tokens: 30, ...more })).json.choices[0].message.content;
    assert.notEqual(await ask({}), await ask({}));
    assert.equal(await ask({ seed: 7 }), await ask({ seed: 7 }));
  });

  it("stops for who goes away, and serves the next", async () => {
    // Without an end of its own: this model would write for thousands of tokens.
    const long = { ...user("?"), stream: true, temperature: 5, top_p: 1 };
    const left = await Promise.all(
      Array.from({ length: 4 }, () =>
        chat(long, (text) => (text.length > 500 ? "leave" : "go on")).catch(() => undefined),
      ),
    );
    assert.equal(left.length, 4);
    const { status } = await chat({ ...user("?"), max_tokens: 3 });
    assert.equal(status, 200);
  });

  it("turns texts into vectors that differ", async () => {
    const { json } = await server.ask("/v1/embeddings", { input: ["hello", "привет"] });
    assert.equal(json.data.length, 2);
    assert.equal(json.data[0].embedding.length, 64);
    assert.notDeepEqual(json.data[0].embedding, json.data[1].embedding);
    assert.ok(json.usage.prompt_tokens >= 6);
  });
});

describe("the process of an embedded model", { skip }, () => {
  const pidOf = async (server: EmbeddedServer) =>
    await until("the process", () => findProcess(server.socket));

  it("is started again when it is killed", async () => {
    await using server = await EmbeddedServer.start(pong);
    assert.equal(server.host.trouble, undefined);
    const pid = await pidOf(server);
    process.kill(pid, "SIGKILL");
    await until("the news", () => server.logged.some((line) => /SIGKILL/.test(line)));
    await until("another process", () => {
      const found = findProcess(server.socket);
      return found !== undefined && found !== pid && server.host.trouble === undefined;
    });
    assert.equal((await server.ask("/health")).status, 200);
  });

  it("ends when whoever started it is gone before it can listen for that", async () => {
    const settings = {
      file: pong,
      name: "m",
      socket: join(folder, "late.sock"),
      slots: 1,
      gpu: "off",
    };
    const late = "data:text/javascript,await new Promise((go) => process.once('disconnect', go))";
    const child = fork(optionalPackage("llama").main, [JSON.stringify(settings)], {
      execArgv: ["--import", late],
      stdio: "ignore",
    });
    const ended = once(child, "exit", { signal: AbortSignal.timeout(30_000) });
    child.disconnect();
    try {
      assert.deepEqual(await ended, [0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("is gone after a stop, with its socket", async () => {
    const server = await EmbeddedServer.start(pong);
    const pid = await pidOf(server);
    await server[Symbol.asyncDispose]();
    assert.throws(() => process.kill(pid, 0));
    assert.throws(() => statSync(server.socket));
  });

  it("keeps its own memory while it answers", async () => {
    await using server = await EmbeddedServer.start(pong);
    const pid = await pidOf(server);
    const ask = () => server.ask("/v1/chat/completions", { ...user("ping"), max_tokens: 16 });
    for (let index = 0; index < 50; index += 1) await ask();
    const warm = residentMegabytes(pid);
    for (let index = 0; index < 300; index += 1) await ask();
    const grown = residentMegabytes(pid) - warm;
    assert.ok(grown < 40, `grown by ${grown} MB`);
  });
});

describe("a file that is no good", { skip }, () => {
  const half = writeModel(folder, "half", { says: "pong" });
  truncateSync(half, statSync(half).size / 2);
  const foreign = writeModel(folder, "foreign", { architecture: "lxama" });
  const cases: ReadonlyArray<readonly [name: string, file: string, trouble: RegExp]> = [
    ["that is cut off", half, /cannot be loaded: it is cut off: \d+ bytes of at least \d+/],
    ["of an unknown architecture", foreign, /does not know the architecture "lxama"/],
    ["that is not there", join(folder, "none.gguf"), /cannot be loaded: the file is not there/],
    ["of text", join(import.meta.dirname, "embedded.test.ts"), /it is no GGUF file/],
  ];
  for (const [name, file, trouble] of cases)
    it(`${name} is told with the reason, to the owner's health too`, async () => {
      const server = new EmbeddedServer(file);
      const { host } = server;
      await using backend = openBackend({ name: "main", url: host.url, host, concurrency: 1 });
      await backend.start?.();
      assert.match(host.trouble ?? "", trouble);
      const { status, detail } = backend.health();
      assert.equal(status, "degraded");
      assert.match(detail, trouble);
      assert.match(detail, /^embedded:tiny /);
    });

  it("and a folder with too long a path is told as well", async () => {
    const socket = `/tmp/${"x".repeat(120)}.sock`;
    const { host } = new EmbeddedServer(pong, { socket });
    await host.settled();
    assert.match(host.trouble ?? "", /longer than the \d+ bytes/);
    await host[Symbol.asyncDispose]();
  });
});

describe("the node's own client of an embedded model", { skip }, () => {
  it("answers, whole and streamed, knows the window and counts exactly", async () => {
    const { host } = new EmbeddedServer(pong);
    await using backend = openBackend({
      name: "main",
      url: host.url,
      host,
      model: "tiny",
      concurrency: 1,
    });
    await backend.start?.();
    assert.equal(backend.health().status, "ok");
    assert.equal(backend.contextTokens, 2_048);
    const messages = [{ role: "user", content: "пинг" }] as const;
    let shown = "";
    for (const onDelta of [undefined, (text: string) => void (shown += text)]) {
      const outcome = await backend.chat({
        messages,
        signal: never,
        ...(onDelta === undefined ? {} : { onDelta }),
      });
      assert.equal(outcome.kind === "answered" && outcome.text, "pong");
    }
    assert.equal(shown, "pong");
    assert.equal(await backend.countExact?.("да"), 2);
    const long = await backend.chat({
      messages: [{ role: "user", content: "длинно ".repeat(500) }],
      signal: never,
    });
    assert.equal(long.kind === "failed" && long.reason, "overflow");
  });
});

/** The process that serves a socket, by its settings in /proc. */
function findProcess(socket: string): number | undefined {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  return children
    .split(" ")
    .filter((pid) => pid !== "")
    .map(Number)
    .find((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(socket);
      } catch {
        return false;
      }
    });
}

function residentMegabytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1_024;
}
