import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Notice, StartError, startNode, StopError } from "./main.ts";
import { lastingPort } from "../test/lasting-port.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-start-"));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("a start that is refused", () => {
  const cases: ReadonlyArray<
    readonly [name: string, code: StartError["code"], config: string | undefined, backend?: string]
  > = [
    ["an unknown key", "config_refused", "порт: 1\n"],
    ["a value out of bounds", "config_refused", "listen: {port: 65536}\n"],
    ["an address that is none", "backend_refused", undefined, "ftp://127.0.0.1"],
    ["an address beside a good configuration", "backend_refused", "language: ru\n", "http://"],
  ];
  for (const [name, code, config, backend] of cases)
    it(`by ${name} leaves a new home as it was`, async () => {
      const home = join(folder, name.replaceAll(" ", "-"));
      if (config !== undefined) {
        mkdirSync(home, { mode: 0o700 });
        writeFileSync(join(home, "adyton.yaml"), config, { mode: 0o600 });
      }
      const notices: Notice[] = [];
      await assert.rejects(
        startNode({ home, port: 0, backend, version: "0", onNotice: (each) => notices.push(each) }),
        (error) => error instanceof StartError && error.code === code,
      );
      assert.deepEqual(notices, []);
      if (config === undefined) assert.ok(!existsSync(home));
      else assert.deepEqual(readdirSync(home), ["adyton.yaml"]);
    });

  it("in an old home keeps what it has", async () => {
    const home = join(folder, "old");
    const options = { home, port: 0, backend: "none", version: "0" };
    await (await startNode(options))[Symbol.asyncDispose]();
    await assert.rejects(startNode({ ...options, backend: "ftp://x" }), StartError);
    await (await startNode(options))[Symbol.asyncDispose]();
  });
});

/** A model server as far as its list of models. */
async function listModels(port: number) {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", data: [{ id: "m", object: "model" }] }));
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describe("the notices of the model server", () => {
  it("tell whether it has answered, and each change from then on", async () => {
    await using stack = new AsyncDisposableStack();
    const port = await lastingPort();
    const notices: Notice[] = [];
    const healed = Promise.withResolvers<void>();
    const onNotice = (notice: Notice): void => {
      notices.push(notice);
      if (notice.kind === "backend_changed" && notice.status === "ok") healed.resolve();
    };
    const backend = `http://127.0.0.1:${port}`;
    const home = join(folder, "notices");
    stack.use(await startNode({ home, port: 0, backend, version: "0", onNotice }));
    stack.use(await listModels(port));
    await healed.promise;
    const kinds = notices.map(({ kind }) => kind);
    assert.ok(kinds.indexOf("backend") < kinds.indexOf("listening"));
    assert.ok(kinds.indexOf("backend") < kinds.indexOf("backend_changed"));
    const told = notices.find((notice) => notice.kind === "backend");
    assert.ok(told?.status === "unknown" || told?.status === "degraded");
    assert.match(told.detail, /127\.0\.0\.1/);
  });
});

describe("a stop", () => {
  it("ends although the disk hangs, and says so", async () => {
    const home = join(folder, "hanging");
    const commitDelayMs = 1_500;
    const node = await startNode({
      home,
      port: 0,
      backend: "none",
      version: "0",
      commitDelayMs,
      stopMsMax: 100,
    });
    const startedMs = performance.now();
    await assert.rejects(async () => node[Symbol.asyncDispose](), StopError);
    assert.ok(performance.now() - startedMs < commitDelayMs);
  });

  it("of a node whose disk answers says nothing", async () => {
    const home = join(folder, "well");
    const node = await startNode({ home, port: 0, backend: "none", version: "0" });
    await node[Symbol.asyncDispose]();
  });
});
