import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, it } from "node:test";
import { startTelegramEmulator, type TelegramEmulator } from "@adyton/emulators";
import { endChild } from "./end-child.ts";
import { NodeProcess } from "./node-process.ts";

// The layout `blind` with real processes: a node, the relay's forwarder, and Telegram behind TLS. What the internet
// would resolve, run-relay.ts resolves to the loopback.

const host = "api.telegram.org";
const canary = "canary-b7d1c0aa93f24e58";
const answerMsMax = 20_000;
let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-blind-"));
  for (const name of ["real", "forged"]) {
    const out = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.pem`)];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
    execFileSync("openssl", ["req", "-x509", ...kind, ...out, ...subject], { stdio: "ignore" });
  }
  process.env["NODE_EXTRA_CA_CERTS"] = join(folder, "real.pem");
});

after(() => {
  delete process.env["NODE_EXTRA_CA_CERTS"];
  rmSync(folder, { recursive: true });
});

const tls = (name: string) => ({
  key: readFileSync(join(folder, `${name}.key`), "utf8"),
  cert: readFileSync(join(folder, `${name}.pem`), "utf8"),
});

/** The relay as a process of its own. */
async function startRelay(port: number): Promise<AsyncDisposable & { pid: number; port: number }> {
  const script = join(import.meta.dirname, "run-relay.ts");
  const child = spawn(process.execPath, [script, host, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return {
    pid: child.pid ?? 0,
    port: Number(line),
    [Symbol.asyncDispose]: async () => void (await endChild(child, "SIGTERM")),
  };
}

async function startNode(telegram: TelegramEmulator, relay: number): Promise<NodeProcess> {
  const file = join(folder, "token");
  writeFileSync(file, telegram.token, { mode: 0o600 });
  const config = [
    "telegram:",
    `  token_file: ${file}`,
    "  owners: [1]",
    "  via: blind",
    "relay:",
    `  address: 127.0.0.1:${relay}`,
    "",
  ].join("\n");
  return NodeProcess.start({ config });
}

/** How often a text stands in a process's memory. */
function inMemory(pid: number, text: string): number {
  const wanted = Buffer.from(text);
  const memory = readFileSync(`/proc/${pid}/maps`, "utf8");
  const found = execFileSync(
    "python3",
    [
      "-c",
      `import sys
maps, wanted, n = sys.stdin.read(), bytes.fromhex(sys.argv[2]), 0
with open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as mem:
    for line in maps.splitlines():
        span, rights = line.split()[:2]
        if rights[0] != "r" or "[v" in line: continue
        start, end = (int(part, 16) for part in span.split("-"))
        try:
            mem.seek(start)
            n += mem.read(end - start).count(wanted)
        except OSError: pass
print(n)`,
      String(pid),
      wanted.toString("hex"),
    ],
    { input: memory, encoding: "utf8" },
  );
  return Number(found);
}

it("answers through a relay that can read nothing of it", async () => {
  await using telegram = await startTelegramEmulator({ tls: tls("real") });
  await using relay = await startRelay(telegram.port);
  await using node = await startNode(telegram, relay.port);
  const owner = telegram.person({ id: 1 });
  owner.say(`describe the ${canary}`);
  await telegram.waitUntil(() => owner.answers.some(({ text }) => text !== "…"), answerMsMax);
  assert.ok(inMemory(node.pid, canary) > 0, "the control: the node has it");
  assert.equal(inMemory(relay.pid, canary), 0);
  const secret = telegram.token.split(":")[1] ?? "";
  assert.ok(inMemory(node.pid, secret) > 0);
  assert.equal(inMemory(relay.pid, secret), 0);
  const opened = readdirSync(`/proc/${relay.pid}/fd`).length;
  assert.ok(opened < 60, `${opened} files and connections are open`);
});

it("refuses a man in the middle", async () => {
  await using forged = await startTelegramEmulator({ tls: tls("forged") });
  await using relay = await startRelay(forged.port);
  await using node = await startNode(forged, relay.port);
  const part = async () => {
    const { json } = await node.ask("/api/v1/health", { token: node.owner });
    return {
      ready: json.ready,
      ...json.parts.find(({ name }: { name: string }) => name === "telegram"),
    };
  };
  const deadline = Date.now() + answerMsMax;
  while (!/CERT/.test((await part()).detail ?? "") && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const { ready, status, detail } = await part();
  assert.deepEqual([ready, status], [false, "degraded"]);
  assert.match(detail, /CERT/);
  assert.equal(forged.callsSeen, 0, "nothing was said to it");
});
