import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { collect, start, stop, up, until } from "./cli-process.ts";

// A service manager may stop a node in any moment of its start.

for (const kind of ["first_start", "listening"])
  test(`SIGTERM at the notice ${kind} stops the node, and it starts again`, async () => {
    const home = mkdtempSync(join(tmpdir(), "adyton-early-"));
    try {
      const args = ["--home", home, "--backend", "none"];
      const child = start(["up", "--port", "0", "--json", ...args]);
      const out = collect(child);
      await until(() => out().includes(`"kind":"${kind}"`) || child.exitCode !== null, out);
      const closed = once(child, "close");
      child.kill("SIGTERM");
      assert.deepEqual(await closed, [0, null], out());
      const again = await up(args);
      assert.equal(await stop(again.child), 0, again.out());
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
