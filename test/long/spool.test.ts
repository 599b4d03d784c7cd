import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeCertificate } from "@adyton/emulators";
import { spoolWhileKilled } from "../e2e/spool-kills.ts";

test("1,000 questions to a node that is away, on a relay that is killed 125 times", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "adyton-spool-"));
  t.after(() => {
    delete process.env["NODE_EXTRA_CA_CERTS"];
    rmSync(folder, { recursive: true });
  });
  const certificate = makeCertificate(folder, "real", "api.telegram.org");
  process.env["NODE_EXTRA_CA_CERTS"] = certificate.file;
  const [kills, questionsPerKill, people] = [125, 8, 200];
  const waitMsMax = 300_000;
  const options = { folder, certificate, kills, questionsPerKill, people, waitMsMax };
  const seen = await spoolWhileKilled(options);
  t.diagnostic(JSON.stringify(seen));
  const questions = kills * questionsPerKill;
  assert.deepEqual(
    { ...seen, spooled: seen.spooled >= questions },
    { questions, turns: questions, spooled: true, readable: 0 },
  );
});
