import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { keptCertificate, makeCertificate } from "./certificate.ts";
import { EmulatorError } from "./emulator-error.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton сертификат "));
after(() => rmSync(folder, { recursive: true }));
const dayMs = 86_400_000;

it("vouches for its host alone", () => {
  const { cert } = makeCertificate(folder, "own", "localhost");
  const read = new X509Certificate(cert);
  assert.equal(read.checkHost("localhost"), "localhost");
  assert.equal(read.checkHost("example.org"), undefined);
  assert.equal(read.ca, false);
});

it("is kept until its last day", () => {
  const first = keptCertificate(folder, "kept", "localhost");
  const endMs = new X509Certificate(first.cert).validToDate.getTime();
  assert.equal(keptCertificate(folder, "kept", "localhost", endMs - dayMs).cert, first.cert);
  assert.notEqual(keptCertificate(folder, "kept", "localhost", endMs - dayMs + 1).cert, first.cert);
});

it("says what is missing where it cannot be made", () => {
  const missing = (error: unknown): boolean =>
    error instanceof EmulatorError && error.code === "no_openssl";
  assert.throws(() => makeCertificate(join(folder, "none"), "own", "localhost"), missing);
});
