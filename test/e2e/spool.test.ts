import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { TimeServer } from "../../packages/relay/src/time-server.ts";
import { Secret } from "../../packages/runtime/src/secret.ts";
import { type Certificate, makeCertificate } from "@adyton/emulators";
import { NodeProcess } from "./node-process.ts";
import { spoolWhileKilled } from "./spool-kills.ts";

// What the relay does for a node beside its calls, with real processes: it keeps what people write while the node is away, and
// tells it the time.

let folder: string;
let certificate: Certificate;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-spool-"));
  certificate = makeCertificate(folder, "real", "api.telegram.org");
  process.env["NODE_EXTRA_CA_CERTS"] = certificate.file;
});

after(() => {
  delete process.env["NODE_EXTRA_CA_CERTS"];
  rmSync(folder, { recursive: true });
});

it("loses and doubles nothing of what waits sealed on a relay that is killed", async () => {
  const kills = 2;
  const seen = await spoolWhileKilled({
    folder,
    certificate,
    kills,
    questionsPerKill: 4,
    people: 2,
    waitMsMax: 20_000,
  });
  const questions = 4 * kills;
  assert.deepEqual(
    { ...seen, spooled: seen.spooled >= questions },
    { questions, turns: questions, spooled: true, readable: 0 },
  );
});

it("tells of a clock that differs from the relay's by minutes", async () => {
  const file = join(folder, "time.key");
  writeFileSync(file, "k".repeat(64), { mode: 0o600 });
  const key = Secret.fromFile(file);
  const nowMs = () => Date.now() + 600_000;
  await using server = await TimeServer.listen({ address: "127.0.0.1", port: 0, key, nowMs });
  const config = [
    "relay:",
    "  address: 127.0.0.1:9",
    `  link_key_file: ${file}`,
    `  time_port: ${server.port}`,
    "",
  ];
  await using node = await NodeProcess.start({ config: config.join("\n") });
  const health = async () => (await node.ask("/api/v1/health", { token: node.owner })).json;
  const deadline = Date.now() + 30_000;
  while ((await health()).status === "ok" && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const { status, ready, parts } = await health();
  assert.deepEqual([status, ready], ["degraded", true]);
  const { name, detail } = parts.at(-1);
  assert.equal(name, "clock");
  // A second more or less is what the answer took on its way.
  assert.match(detail, /^This machine's clock is \d+ s behind the relay's\.$/);
  assert.ok(node.notices.some(({ text }) => /clock is wrong/.test(text ?? "")));
});
