import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Failure } from "./failure.ts";
import { homeFolder } from "./home.ts";
import { listenersOn, parseListeners, processOf } from "./listeners.ts";
import { findAddress, lastPort, liveSocket, readRunFile, readToken } from "./node-address.ts";
import { en } from "./texts/en.ts";
import { translator } from "./texts/translate.ts";

const t = translator(en);
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "adyton узел "));
});
afterEach(() => rmSync(home, { recursive: true }));

const put = (name: string, text: string): void =>
  writeFileSync(join(home, name), text, { mode: 0o600 });
const running = (port: unknown, pid: unknown = process.pid): string =>
  JSON.stringify({ port, pid });

describe("the node's address", () => {
  it("is the flag's, the running node's, the configuration's, the default, in this order", async () => {
    const portOf = async (option?: number) => (await findAddress(home, option)).port;
    assert.equal(await portOf(), 7_860);
    put("adyton.yaml", "listen:\n  port: 7001\n");
    assert.equal(await portOf(), 7_001);
    put("run.json", running(7_002));
    assert.equal(await portOf(), 7_002);
    assert.equal(await portOf(7_003), 7_003);
  });

  it("is where the node was until now, rather than where the configuration puts it", async () => {
    put("adyton.yaml", "listen:\n  port: 7001\n");
    assert.equal((await findAddress(home, undefined, 7_004)).port, 7_004);
    put("run.json", running(7_002));
    assert.equal((await findAddress(home, undefined, 7_004)).port, 7_002);
  });

  it("is remembered of a node that was killed", () => {
    assert.equal(lastPort(home), undefined);
    put("run.json", running(7_002, 2 ** 22 + 1));
    assert.equal(lastPort(home), 7_002);
    put("run.json", running(70_000));
    assert.equal(lastPort(home), undefined);
  });

  const stale: readonly (readonly [string, string])[] = [
    ["of a process that is gone", running(7_002, 2 ** 22 + 1)],
    ["that is not JSON", "{"],
    ["without a port", "{}"],
    ["with an impossible port", running(70_000)],
    ["with a port of another kind", running("7002")],
    ["that is null", "null"],
  ];
  for (const [name, text] of stale)
    it(`does not come from a run.json ${name}`, () => {
      put("run.json", text);
      assert.equal(readRunFile(home), undefined);
    });

  it("does not come from a mistaken configuration", async () => {
    for (const text of ["listen: [", "listen: 5", "listen:\n  port: many", "- a", ""]) {
      put("adyton.yaml", text);
      assert.equal((await findAddress(home, undefined)).port, 7_860, text);
    }
  });
});

describe("the owner's token", () => {
  const address = { host: "127.0.0.1", port: 1, text: "127.0.0.1:1" } as const;

  it("is read from the node's folder when it is there", () => {
    assert.equal(readToken(home, address, t), undefined);
    put("token", "secret\n");
    assert.equal(readToken(home, address, t)?.reveal(), "secret");
  });

  it("is refused when others may read it, and never named", () => {
    put("token", "the-secret\n");
    chmodSync(join(home, "token"), 0o644);
    assert.throws(
      () => readToken(home, address, t),
      (error) => error instanceof Failure && !JSON.stringify(error).includes("the-secret"),
    );
  });
});

const tables = { skip: process.platform === "linux" ? false : "only Linux has /proc/net/tcp" };
describe("who listens", tables, () => {
  it("is found in the kernel's table by port, state and user", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1EB4 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0
   1: 0100007F:1EB4 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 100 0 0 10 0
   2: 0100007F:1EB5 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4244 1 0 100 0 0 10 0
`;
    assert.deepEqual(parseListeners(table, 7_860), [{ uid: 1000, inode: "4242" }]);
    assert.deepEqual(parseListeners(table, 7_862), []);
    assert.deepEqual(parseListeners("", 7_860), []);
  });

  it("is this process for its own socket", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const [listener] = listenersOn(address.port);
    assert.equal(listener?.uid, process.getuid?.());
    assert.equal(processOf(listener?.inode ?? "")?.pid, process.pid);
    server.close();
  });
});

describe("the node's folder", () => {
  const cases: readonly (readonly [
    option: string | undefined,
    env: string | undefined,
    home: RegExp,
  ])[] = [
    [undefined, undefined, /\/\.adyton$/],
    [undefined, "", /\/\.adyton$/],
    [undefined, "/srv/a", /^\/srv\/a$/],
    ["/srv/b", "/srv/a", /^\/srv\/b$/],
    ["", "/srv/a", /^\/srv\/a$/],
    ["папка", undefined, /^\/.*\/папка$/],
  ];
  for (const [option, env, expected] of cases)
    it(`is found for ${option} and ${env}`, () =>
      assert.match(homeFolder(option, { ADYTON_HOME: env }), expected));
});

describe("the socket of a folder", () => {
  it("is taken when a node answers there, and not when there is none or anything else", async () => {
    const path = join(home, "adyton.sock");
    assert.equal(await liveSocket(home), undefined);
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(path, resolve));
    assert.equal(await liveSocket(home), path);
    await new Promise((resolve) => void server.close(resolve));
    put("adyton.sock", "");
    assert.equal(await liveSocket(home), undefined);
  });
});
