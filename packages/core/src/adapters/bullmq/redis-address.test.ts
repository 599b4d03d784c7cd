import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { inspect } from "node:util";
import { openAccess } from "./redis-address.ts";
import { isLoopbackRedis, parseRedisUrl } from "./redis-url.ts";
import { makeKeyFile } from "@adyton/runtime/key-file";

const folder = mkdtempSync(join(tmpdir(), "adyton-access-"));
after(() => rmSync(folder, { recursive: true }));

describe("the address of Redis", () => {
  const good: ReadonlyArray<[text: string, host: string, port: number, db: number, tls: boolean]> =
    [
      ["redis://127.0.0.1", "127.0.0.1", 6379, 0, false],
      ["redis://127.0.0.1:7000/3", "127.0.0.1", 7000, 3, false],
      ["rediss://redis.home:6380/", "redis.home", 6380, 0, true],
      ["redis://[::1]:1/15", "::1", 1, 15, false],
    ];
  for (const [text, host, port, db, tls] of good)
    it(`is read from ${text}`, () => {
      assert.deepEqual(parseRedisUrl(text), { host, port, db, tls });
    });

  it("may name a user", () => {
    assert.equal(parseRedisUrl("redis://adyton@127.0.0.1").username, "adyton");
  });

  for (const text of [
    "",
    "127.0.0.1:6379",
    "http://127.0.0.1",
    "redis://",
    "redis://127.0.0.1/x",
    "redis://127.0.0.1/12345",
    "redis://127.0.0.1/0?password=s3cret",
    "redis://:s3cret@127.0.0.1",
  ])
    it(`is refused as ${JSON.stringify(text)}, without being repeated`, () => {
      assert.throws(
        () => parseRedisUrl(text),
        (error: Error) => /address of Redis/.test(error.message) && !/s3cret/.test(inspect(error)),
      );
    });

  const places: ReadonlyArray<[text: string, loopback: boolean]> = [
    ["redis://127.0.0.1", true],
    ["redis://127.9.9.9", true],
    ["redis://localhost", true],
    ["redis://[::1]", true],
    ["redis://10.0.0.1", false],
    ["redis://localhost.example", false],
    ["redis://127.0.0.1.example", false],
    ["redis://0.0.0.0", false],
  ];
  for (const [text, loopback] of places)
    it(`${text} is ${loopback ? "" : "not "}on this machine`, () => {
      assert.equal(isLoopbackRedis(text), loopback);
      if (loopback) assert.equal(openAccess({ url: text }).seal.isOpen, true);
      else assert.throws(() => openAccess({ url: text }), /needs key_file/);
    });
});

describe("the key of workers", () => {
  it("is made once, for its owner alone, and seals", async () => {
    const keyFile = join(folder, "made.key");
    await makeKeyFile(keyFile);
    assert.equal(statSync(keyFile).mode & 0o777, 0o600);
    assert.equal(openAccess({ url: "redis://10.0.0.1", keyFile }).seal.isOpen, false);
    await assert.rejects(makeKeyFile(keyFile), { code: "EEXIST" });
  });

  it("is refused when it is none, or when others may read it", async () => {
    const keyFile = join(folder, "bad.key");
    for (const text of ["", "abc", "f".repeat(63), "f".repeat(65), "F".repeat(64)]) {
      writeFileSync(keyFile, text, { mode: 0o600 });
      assert.throws(() => openAccess({ url: "redis://127.0.0.1", keyFile }), /key|empty/);
    }
    const open = join(folder, "open.key");
    await makeKeyFile(open);
    chmodSync(open, 0o644);
    assert.throws(() => openAccess({ url: "redis://127.0.0.1", keyFile: open }), /chmod 600/);
  });

  it("a password stays out of what can be printed of the address", () => {
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, "s3cret\n", { mode: 0o600 });
    const access = openAccess({ url: "redis://127.0.0.1", passwordFile });
    assert.equal(access.redis.password, "s3cret");
    assert.equal(access.address, "127.0.0.1:6379");
  });
});
