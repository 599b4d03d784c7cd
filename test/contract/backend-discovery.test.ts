import { startOpenAiEmulator, type Flavour } from "@adyton/emulators";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { describe, it } from "node:test";
import {
  candidatesMax,
  discoverBackends,
  discoveryMsMax,
  wellKnownCandidates,
} from "../../packages/core/src/adapters/openai-compatible/discover.ts";

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

const candidate = (url: string) => ({ url, usually: "Ollama" });

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
      const [found] = await discoverBackends({ candidates: [candidate(emulator.url)] });
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
    const gone = await listening(createServer());
    await gone[Symbol.asyncDispose]();
    const found = await discoverBackends({
      candidates: [page, redirect, locked, shell, wrongShape, gone].map(({ url }) =>
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
    const startedMs = performance.now();
    const found = await discoverBackends({
      candidates: [silent.url, emulator.url].map(candidate),
      perProbeMsMax: 10_000,
    });
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs >= discoveryMsMax - 20 && tookMs < discoveryMsMax + 200, `${tookMs} ms`);
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["something_else", "model_server"],
    );
  });

  it("reports a server on both loopback addresses once", async (t) => {
    const list = createHttpServer((_request, response) => response.end('{"data":[{"id":"m"}]}'));
    await using v4 = await listening(list);
    const other = createServer((socket) => socket.end("no"));
    try {
      await using v6 = await listening(other, "::1", v4.port);
      const found = await discoverBackends({ candidates: [candidate(v6.url), candidate(v4.url)] });
      assert.deepEqual(
        found.map(({ kind, url }) => [kind, url]),
        [["model_server", v4.url]],
      );
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL"))
        throw error;
      t.skip("this machine has no IPv6 loopback");
    }
  });

  it("asks this machine only, on the five known ports, when nothing is configured", () => {
    assert.equal(wellKnownCandidates.length, 10);
    for (const { url } of wellKnownCandidates)
      assert.match(url, /^http:\/\/(127\.0\.0\.1|\[::1\]):(11434|8080|8000|5000|1234)$/);
  });

  it(`looks at ${candidatesMax} candidates and no more`, async () => {
    await using emulator = await startOpenAiEmulator({ models });
    const gone = await listening(createServer());
    await gone[Symbol.asyncDispose]();
    const filler = Array.from({ length: candidatesMax - 1 }, () => candidate(gone.url));
    assert.equal(
      (await discoverBackends({ candidates: [...filler, candidate(emulator.url)] })).length,
      1,
    );
    assert.equal(
      (
        await discoverBackends({
          candidates: [...filler, filler[0] ?? candidate(gone.url), candidate(emulator.url)],
        })
      ).length,
      0,
    );
  });

  it("ends when it is aborted", async () => {
    await using emulator = await startOpenAiEmulator();
    const found = await discoverBackends({
      candidates: [candidate(emulator.url)],
      signal: AbortSignal.abort(),
    });
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["something_else"],
    );
  });
});
