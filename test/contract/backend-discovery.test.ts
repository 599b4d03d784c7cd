import { startOpenAiEmulator, type Flavour } from "@adyton/emulators";
import { ManualClock } from "@adyton/runtime";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { describe, it } from "node:test";
import {
  candidatesMax,
  discoverBackends,
  type DiscoveryOptions,
  discoveryMsMax,
  wellKnownCandidates,
} from "../../packages/core/src/adapters/openai-compatible/discover.ts";
import { until } from "../e2e/node-process.ts";

const models = [
  { id: "text-embedding-bge-m3", contextTokens: 2_048, kind: "embedding" },
  { id: "bge-reranker-v2-m3", contextTokens: 2_048, kind: "embedding" },
  { id: "vikhr-nemo-12b", contextTokens: 12_288, kind: "chat" },
] as const;

async function listening(server: Server, host = "127.0.0.1", port = 0) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(port, host);
  await once(server, "listening");
  const taken = (server.address() as AddressInfo).port;
  return {
    port: taken,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Two servers on one port, or `undefined` where there is no second loopback address. */
async function onBothLoopbacks(makeFirst: () => Server, makeSecond: () => Server) {
  for (;;) {
    await using stack = new AsyncDisposableStack();
    const v4 = stack.use(await listening(makeFirst()));
    try {
      const v6 = stack.use(await listening(makeSecond(), "::1", v4.port));
      const opened = stack.move();
      return { v4, v6, [Symbol.asyncDispose]: () => opened.disposeAsync() };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EADDRNOTAVAIL") return undefined;
      // Somebody else has that port of the other address: there are more.
      if (code !== "EADDRINUSE") throw error;
    }
  }
}

const candidate = (url: string) => ({ url, usually: "Ollama" });
/** Nobody listens there, and the system gives it to nobody. */
const nowhere = "http://127.0.0.1:1";

/** The search without its deadline, which a busy machine may not keep, unless the clock is the test's. */
const discover = (options: DiscoveryOptions) =>
  discoverBackends({ clock: new ManualClock(), ...options });

describe("discoverBackends", () => {
  const softwares: ReadonlyArray<
    [flavour: Flavour, software: string, contextTokens: number | undefined]
  > = [
    ["ollama", "ollama", 12_288],
    ["llama.cpp", "llama.cpp", 12_288],
    ["vllm", "vllm", 12_288],
    ["lmstudio", "lm-studio", 12_288],
    ["tgw", "text-generation-webui", undefined],
    ["openai", "openai-compatible", undefined],
  ];
  for (const [flavour, software, contextTokens] of softwares)
    it(`finds ${software} with its models and its window`, async () => {
      await using emulator = await startOpenAiEmulator({
        flavour,
        // llama.cpp serves one model.
        models: flavour === "llama.cpp" ? models.slice(2) : models,
      });
      const [found] = await discover({ candidates: [candidate(emulator.url)] });
      assert.ok(found?.kind === "model_server");
      assert.equal(found.software, software);
      assert.deepEqual(
        found.models.find(({ kind }) => kind === "chat"),
        {
          id: "vikhr-nemo-12b",
          kind: "chat",
          contextTokens,
        },
      );
      assert.equal(found.models.filter(({ kind }) => kind === "chat").length, 1);
    });

  it("names what is no model server, and reports nothing where nothing listens", async () => {
    let followed = 0;
    await using target = await listening(
      createHttpServer((_request, response) => {
        followed += 1;
        response.end();
      }),
    );
    await using page = await listening(
      createHttpServer((_request, response) => response.end("<html>")),
    );
    await using redirect = await listening(
      createHttpServer((_request, response) =>
        response.writeHead(302, { location: target.url }).end(),
      ),
    );
    await using locked = await startOpenAiEmulator({ apiKey: "sk-x" });
    await using shell = await listening(
      createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n")),
    );
    await using wrongShape = await listening(
      createHttpServer((_request, response) => response.end('{"data":[{"id":7}]}')),
    );
    const found = await discover({
      candidates: [page, redirect, locked, shell, wrongShape, { url: nowhere }].map(({ url }) =>
        candidate(url),
      ),
    });
    const details = found.map((each) => (each.kind === "something_else" ? each.detail : each.kind));
    assert.equal(details.length, 5);
    for (const [index, expected] of [
      /no model server/,
      /redirect/,
      /another key/,
      /not speak HTTP/,
      /no model server/,
    ].entries())
      assert.match(details[index] ?? "", expected);
    assert.equal(followed, 0);
  });

  it(`ends within ${discoveryMsMax} ms although a server is silent, and still finds the others`, async () => {
    await using silent = await listening(createServer());
    await using emulator = await startOpenAiEmulator({ flavour: "ollama", models });
    const clock = new ManualClock();
    let isOver = false;
    const discovery = discover({
      candidates: [silent.url, emulator.url].map(candidate),
      perProbeMsMax: 10_000,
      clock,
    }).finally(() => (isOver = true));
    // The deadline of the silent one is the last timer that waits.
    await until("an answer", () => emulator.requestsSeen > 0 && clock.timersPending === 1);
    await clock.advance(discoveryMsMax - 1);
    assert.equal(isOver, false);
    await clock.advance(1);
    assert.deepEqual(
      (await discovery).map(({ kind }) => kind),
      ["something_else", "model_server"],
    );
  });

  it("reports a server on both loopback addresses once", async (t) => {
    await using both = await onBothLoopbacks(
      () => createHttpServer((_request, response) => response.end('{"data":[{"id":"m"}]}')),
      () => createServer((socket) => socket.end("no")),
    );
    if (both === undefined) return t.skip("this machine has no IPv6 loopback");
    const { v4, v6 } = both;
    const found = await discover({ candidates: [candidate(v6.url), candidate(v4.url)] });
    assert.deepEqual(
      found.map(({ kind, url }) => [kind, url]),
      [["model_server", v4.url]],
    );
  });

  it("asks this machine only, on the five known ports, when nothing is configured", () => {
    assert.equal(wellKnownCandidates.length, 10);
    for (const { url } of wellKnownCandidates)
      assert.match(url, /^http:\/\/(127\.0\.0\.1|\[::1\]):(11434|8080|8000|5000|1234)$/);
  });

  it(`looks at ${candidatesMax} candidates and no more`, async () => {
    await using emulator = await startOpenAiEmulator({ models });
    const filler = Array.from({ length: candidatesMax - 1 }, () => candidate(nowhere));
    const found = async (...more: typeof filler) =>
      (await discover({ candidates: [...filler, ...more] })).length;
    assert.equal(await found(candidate(emulator.url)), 1);
    assert.equal(await found(candidate(nowhere), candidate(emulator.url)), 0);
  });

  it("ends when it is aborted", async () => {
    await using emulator = await startOpenAiEmulator();
    const found = await discover({
      candidates: [candidate(emulator.url)],
      signal: AbortSignal.abort(),
    });
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["something_else"],
    );
  });
});
