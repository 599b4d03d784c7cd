import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { pathToFileURL } from "node:url";
import { createLog } from "@adyton/runtime/log";
import { Embedding } from "./app/embedding.ts";
import { openApp, poolOf, until } from "./app/test/app-fixture.ts";
import { type NodeFaults, startBackgroundWork } from "./background-work.ts";
import { NodeConfig } from "./config.ts";

it("says in both languages that memory cannot be indexed, for as long as it cannot", async () => {
  await using app = await openApp();
  const manual = join(app.home, "manual");
  await using log = createLog({
    target: { kind: "file", path: join(app.home, "adyton.log"), bytesMax: 65_536, filesMax: 1 },
  });
  const faults: NodeFaults = { search: undefined };
  const backends = poolOf();
  await using stack = new AsyncDisposableStack();
  stack.use(
    startBackgroundWork({
      journal: app.real,
      memory: app.memory,
      embedding: new Embedding({ pool: backends, search: app.search }),
      conversations: app.conversations,
      forgetting: app.forgetting,
      backends,
      retention: NodeConfig.parse({}).retention,
      manualFolder: pathToFileURL(manual),
      faults,
      log,
    }),
  );
  await until("the fault is told", () => faults.search !== undefined);
  assert.match(faults.search?.en ?? "", /^Memory cannot be indexed now/);
  assert.match(faults.search?.ru ?? "", /^Память сейчас не индексируется/);
  for (const language of ["en", "ru"]) mkdirSync(join(manual, language), { recursive: true });
  await until("memory is indexed", () => faults.search === undefined);
});
