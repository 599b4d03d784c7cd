import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { freshSecretAt, secretAt } from "./configured-secret.ts";
import { SecretFilter } from "./domain/exit-filter/secret-filter.ts";
import { StartError } from "./start-error.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton-secret-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "key");
const write = (text: string): void => writeFileSync(file, text, { mode: 0o600 });

it("tells the exit filter of each secret before anybody has it", () => {
  const filter = new SecretFilter([], "ru");
  write("первый-ключ\n");
  const fresh = freshSecretAt("a.key_file", file, filter);
  assert.deepEqual(filter.own, ["первый-ключ"]);
  write("second-key\n");
  assert.equal(fresh.reveal(), "second-key");
  assert.deepEqual(filter.own, ["первый-ключ", "second-key"]);
  write("third-key\n");
  const read = secretAt("a.key_file", file, filter);
  assert.deepEqual(filter.own, ["первый-ключ", "second-key", read.reveal()]);
});

it("goes on with the secret it has when the file cannot be read, which refuses a start", () => {
  const filter = new SecretFilter([], "en");
  write("first-key");
  const fresh = freshSecretAt("a.key_file", file, filter);
  write("");
  assert.equal(fresh.reveal(), "first-key");
  assert.throws(() => freshSecretAt("a.key_file", file, filter), StartError);
  assert.throws(() => secretAt("a.key_file", file, filter), /a\.key_file: .*is empty/);
  assert.deepEqual(filter.own, ["first-key"]);
});
