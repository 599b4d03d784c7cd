import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Route, routes } from "@adyton/protocol";
import { startOpenAiEmulator } from "@adyton/emulators";
import { chatsOf, NodeProcess, until } from "./node-process.ts";

// A disk that fills up: nothing is accepted that cannot be written, what is there stays readable, and it heals.

const [mount, unmount] = ["mount", "umount"];
const diskMegabytes = 24;
const why = mountFault();

/** Why no small file system can be made here; `false` when one can. */
function mountFault(): string | false {
  if (process.platform !== "linux") return "only Linux has tmpfs";
  if (process.getuid?.() !== 0) return "mounting needs root";
  const folder = mkdtempSync(join(tmpdir(), "adyton-mount-"));
  try {
    execFileSync(mount, ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    execFileSync(unmount, [folder]);
    return false;
  } catch {
    return "this machine does not permit mounting";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test(
  "a full disk: refused in words, nothing half-written, healed when there is room",
  { skip: why },
  async (t) => {
    const disk = mkdtempSync(join(tmpdir(), "adyton-disk-"));
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rmSync(disk, { recursive: true, force: true }));
    execFileSync(mount, ["-t", "tmpfs", "-o", `size=${diskMegabytes}m`, "tmpfs", disk]);
    stack.defer(() => void execFileSync(unmount, [disk]));
    const emulator = stack.use(await startOpenAiEmulator({ rules: [{ reply: "noted" }] }));
    const home = join(disk, "home");
    const node = stack.use(await NodeProcess.start({ home, backend: emulator.url }));
    const token = node.owner;
    const first = await node.say({ text: "before", conversation: "c" });
    assert.equal(first.status, 200);
    const indexed = async () =>
      (await node.ask("/api/v1/memory/search?q=telegram", { token })).json.hits.length > 0;
    await until("the manual is indexed", indexed, 20_000);

    const ballast = join(disk, "ballast");
    const fill = (): void => {
      const { bavail, bsize } = statfsSync(disk);
      try {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize, 1), { flag: "a" });
      } catch (error) {
        // The node took some of it meanwhile; what fitted is written, which is what is wanted.
        assert.ok(error instanceof Error && "code" in error && error.code === "ENOSPC");
      }
    };
    const event = (id: string) => ({
      token,
      body: { specversion: "1.0", id, source: "/s", type: "a.b", data: "x".repeat(200_000) },
    });
    // What SQLite holds in reserve is used up first, then the disk is really full.
    let accepted = 0;
    await until("the disk is full", async () => {
      fill();
      const answer = await node.ask("/api/v1/events", event(`fill-${accepted}`));
      if (answer.status === 202) accepted += 1;
      return answer.status === 503 && answer.json.code === "storage_full";
    });
    t.diagnostic(`${accepted} events fitted into what was reserved`);

    const bodies: Readonly<Record<string, object>> = {
      sendMessage: { text: "turned-away", conversation: "c" },
      runCommand: { command: "switch_mode", args: { mode: "EXTRACTIVE" }, conversation: "c" },
      insertPrompt: { text: "Turned-away.", conversation: "c" },
      postEvents: { specversion: "1.0", id: "turned-away", source: "/s", type: "a.b" },
      addDocument: { title: "turned-away", text: "turned-away" },
      addToken: { name: "turned-away", may: ["say"] },
    };
    for (const route of (routes as readonly Route[]).filter(({ id }) => id in bodies)) {
      const body = bodies[route.id];
      const answer = await node.ask(route.path, { token, method: route.method, body });
      assert.equal(answer.status, 503, `${route.id}: ${answer.text}`);
      assert.equal(answer.json.code, "storage_full", route.id);
    }
    const backup = await node.ask("/api/v1/journal/backup", { token, method: "POST" });
    assert.equal(backup.json.code, "storage_full", backup.text);
    const health = await node.ask("/api/v1/health", { token });
    assert.equal(health.status, 503);
    assert.equal(health.json.status, "failed");
    assert.match(health.text, /disk is full/);
    for (const path of [
      `/api/v1/runs/${first.json.id}`,
      "/api/v1/events?last=5",
      "/api/v1/memory/search?q=telegram",
      "/api/v1/usage",
      "/api/v1/self",
      "/metrics",
    ])
      assert.equal((await node.ask(path, { token })).status, 200, path);
    const asked = chatsOf(emulator).length;
    await node.say({ text: "turned-away too", conversation: "c" });
    assert.equal(chatsOf(emulator).length, asked, "no model is asked for what cannot be kept");

    rmSync(ballast);
    await until(
      "it accepts again",
      async () => (await node.say({ text: "after", conversation: "c" })).status === 200,
      20_000,
    );
    const isWell = async () => (await node.ask("/api/v1/health")).json.status === "ok";
    await until("all parts are well again", isWell, 35_000);
    const history = JSON.stringify(chatsOf(emulator).at(-1));
    assert.match(history, /before/);
    assert.doesNotMatch(history, /turned-away/i, "nothing of what was refused is there");
    const text = JSON.stringify(await node.journal());
    assert.doesNotMatch(text, /turned-away/i);
    assert.equal((await node.verify()).json.clean, true);
    await node.restart();
    assert.equal((await node.verify()).json.clean, true);
  },
);
