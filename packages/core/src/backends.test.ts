import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import type { FoundBackend } from "./adapters/openai-compatible/discover.ts";
import { Backends, lookAgainMs } from "./backends.ts";
import { NodeConfig } from "./config.ts";
import { StartError } from "./start-error.ts";
import { until } from "./app/test/app-fixture.ts";

const found: FoundBackend = {
  kind: "model_server",
  url: "http://127.0.0.1:9",
  software: "ollama",
  models: [{ id: "m", kind: "chat" }],
};

function open(discover: () => Promise<readonly FoundBackend[]>, late: string[]) {
  return Backends.open({
    backend: undefined,
    model: undefined,
    config: NodeConfig.parse({}),
    discover,
    ask: async () => assert.fail("nobody is asked after the start"),
    onHealthChange: () => undefined,
    onFoundLate: ({ backend }) => late.push(backend.url),
  });
}

it("a server that starts after the node is found, also after a search that failed", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const searches: (readonly FoundBackend[] | Error)[] = [[], new Error("no"), [], [found], [found]];
  let asked = 0;
  const late: string[] = [];
  const { backends, choice } = await open(async () => {
    const answer = searches[asked++] ?? [];
    if (answer instanceof Error) throw answer;
    return answer;
  }, late);
  await using _ = backends;
  assert.equal(choice.kind, "nothing_found");
  const model = (): string | undefined => backends.pool.first("chat")?.model;
  assert.equal(model(), undefined);
  for (let round = 1; round <= 3; round += 1) {
    t.mock.timers.tick(lookAgainMs - 1);
    assert.equal(asked, round, "not before its time");
    t.mock.timers.tick(1);
    await until("the search", () => asked === round + 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(late, [found.url]);
  assert.equal(model(), "m");
  t.mock.timers.tick(lookAgainMs * 10);
  assert.equal(asked, 4, "nothing is looked for once there is one");
});

it("nothing is taken or looked for once it is closed", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const search = Promise.withResolvers<readonly FoundBackend[]>();
  const late: string[] = [];
  const { backends } = await open(
    () => (++asked === 1 ? Promise.resolve([]) : search.promise),
    late,
  );
  t.mock.timers.tick(lookAgainMs);
  assert.equal(asked, 2);
  await backends[Symbol.asyncDispose]();
  search.reject(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.tick(lookAgainMs * 2);
  assert.equal(asked, 2);
  assert.deepEqual([late, backends.pool.members], [[], []]);
});

it("a key file that others may read is refused without a word of it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "adyton-key-"));
  try {
    const file = join(folder, "key");
    writeFileSync(file, "geheim");
    chmodSync(file, 0o644);
    const config = NodeConfig.parse({
      backends: [{ url: "http://127.0.0.1:9", api_key_file: file }],
    });
    const opening = Backends.open({
      backend: undefined,
      model: undefined,
      config,
      onHealthChange: () => undefined,
      onFoundLate: () => undefined,
    });
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof StartError && error.code === "backend_refused");
      assert.ok(error.message.includes(file) && !error.message.includes("geheim"));
      return true;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
