import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { LockError, lockFolder } from "./resource-lock.ts";

const root = mkdtempSync(join(tmpdir(), "lock-"));
after(() => rmSync(root, { recursive: true }));

const holderScript = `
  import { lockFolder } from ${JSON.stringify(import.meta.resolve("./resource-lock.ts"))};
  const outcome = await lockFolder(process.argv[1]);
  process.stdout.write(outcome.kind);
  setInterval(() => outcome, 1_000);
`;

describe("lockFolder", () => {
  it("is held against a second caller, released, and taken again", async () => {
    const folder = mkdtempSync(join(root, "same-"));
    const first = await lockFolder(folder);
    assert.equal(first.kind, "locked");
    const second = await lockFolder(folder);
    assert.equal(second.kind === "held" && second.holder?.pid, process.pid);
    if (first.kind === "locked") {
      first.lock.release();
      first.lock.release();
    }
    const third = await lockFolder(folder);
    assert.equal(third.kind, "locked");
    if (third.kind === "locked") await third.lock[Symbol.asyncDispose]();
  });

  it("names the process that holds it, and is free as soon as that process is killed", async () => {
    const folder = mkdtempSync(join(root, "other-"));
    const child = spawn(process.execPath, ["--input-type=module", "-e", holderScript, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [answer] = (await once(child.stdout, "data")) as [Buffer];
      assert.equal(answer.toString(), "locked");
      const held = await lockFolder(folder);
      assert.ok(held.kind === "held");
      assert.equal(held.message, `another node (pid ${child.pid}) uses this folder: ${folder}`);
      assert.ok(Math.abs((held.holder?.startedAtMs ?? 0) - Date.now()) < 60_000);
      writeFileSync(join(folder, "node.lock.json"), "{broken");
      const nameless = await lockFolder(folder);
      assert.match(nameless.kind === "held" ? nameless.message : "", /^another node uses/);
    } finally {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }
    const free = await lockFolder(folder);
    assert.equal(free.kind, "locked");
    if (free.kind === "locked") free.lock.release();
  });

  it("throws where no lock can be made", async () => {
    await assert.rejects(lockFolder(join(root, "absent")), LockError);
  });
});
