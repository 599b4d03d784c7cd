import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { promisify } from "node:util";
import { engineMissing, writeModel } from "./embedded-engine.ts";

// A machine without any network: an embedded model is all that answering needs.

const withinMs = 50_000;
const script = join(import.meta.dirname, "isolated-node.ts");
/** As root a namespace is made at once; others become root of a user namespace first. */
const enter = ["-n", ...(process.getuid?.() === 0 ? [] : ["-r"]), "--", "sh", "-c"];
const loopbackUp = "ip link set lo up";

/** The reason to skip where this machine makes no namespaces. */
function namespaceMissing(): string | false {
  const { status, error, stderr } = spawnSync("unshare", [...enter, loopbackUp], {
    encoding: "utf8",
  });
  if (error !== undefined) return "there is no unshare here";
  return status === 0 ? false : `no network namespace here: ${stderr.trim()}`;
}

describe(
  "a node without a network",
  { skip: namespaceMissing() || (await engineMissing()) },
  () => {
    const home = mkdtempSync(join(tmpdir(), "adyton-no-network-"));
    after(() => rmSync(home, { recursive: true, force: true }));

    it("answers with its own model, remembers, quotes and verifies", async () => {
      mkdirSync(join(home, "models"), { mode: 0o700 });
      writeModel(join(home, "models"), "pong", { says: "pong" });
      const { stdout } = await promisify(execFile)(
        "unshare",
        [...enter, `${loopbackUp} && exec "$0" "$@"`, process.execPath, script, home],
        { timeout: withinMs, killSignal: "SIGKILL" },
      );
      const told = JSON.parse(stdout);
      // First that there was no network: only the loopback, and no way out.
      assert.deepEqual(told.interfaces, ["lo"]);
      assert.equal(told.route, "ENETUNREACH");
      assert.equal(told.health, "ok");
      assert.equal(told.answer.text, "pong");
      assert.equal(told.answer.answeredBy, "model");
      assert.equal(told.answer.model, "pong");
      assert.deepEqual([told.self, told.added], [200, 201]);
      assert.equal(told.found, true);
      assert.equal(told.quoted, "extractive");
      assert.equal(told.clean, true);
    });
  },
);
