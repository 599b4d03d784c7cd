import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect, createServer, type Server } from "node:tls";
import { ListenError } from "../tunnel-address.ts";
import { Forwarder, type ForwarderOptions } from "./forwarder.ts";
import { parseRange } from "./target.ts";

const host = "api.telegram.org";
const loopback = [parseRange("127.0.0.0/8")];

describe("the forwarder", () => {
  let folder: string;
  let cert: string;
  let server: Server;
  let port: number;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "adyton-relay-"));
    const key = join(folder, "key.pem");
    const file = join(folder, "cert.pem");
    const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", file, ...subject], {
      stdio: "ignore",
    });
    cert = readFileSync(file, "utf8");
    server = createServer({ key: readFileSync(key), cert }, (socket) => {
      socket.on("error", () => undefined).pipe(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    port = address.port;
  });

  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const open = (more: Partial<ForwarderOptions> = {}): Promise<Forwarder> =>
    Forwarder.listen({
      address: "127.0.0.1",
      targets: [{ listenPort: 0, host, port }],
      ranges: loopback,
      resolve: () => Promise.resolve(["127.0.0.1"]),
      log: () => undefined,
      ...more,
    });

  /** Says a text through the relay and returns what comes back; rejects when the connection is closed instead. */
  async function echoed(
    forwarder: Forwarder,
    text: string,
    servername = host,
    ca = cert,
  ): Promise<string> {
    const socket = connect({
      port: forwarder.ports.get(host) ?? 0,
      host: "127.0.0.1",
      servername,
      ca,
    });
    try {
      await Promise.race([
        once(socket, "secureConnect"),
        once(socket, "close").then(() => assert.fail("closed")),
      ]);
      socket.write(text);
      let got = "";
      for await (const chunk of socket) {
        got += String(chunk);
        if (got.length >= text.length) break;
      }
      return got;
    } finally {
      socket.destroy();
    }
  }

  it("passes a connection on, end to end encrypted", async () => {
    await using forwarder = await open();
    assert.equal(await echoed(forwarder, "привет"), "привет");
    const long = "x".repeat(1_000_000);
    assert.equal(await echoed(forwarder, long), long);
    assert.equal(forwarder.forwarded, 2);
    assert.deepEqual([...forwarder.refused], []);
  });

  it("refuses another server's name, and what is no TLS", async () => {
    await using forwarder = await open();
    await assert.rejects(echoed(forwarder, "a", "evil.example.org"));
    assert.equal(forwarder.refused.get("foreign_name"), 1);
    const plain = connectTcp(forwarder.ports.get(host) ?? 0, "127.0.0.1");
    plain.write("GET / HTTP/1.1\r\n\r\n");
    await once(plain, "close");
    assert.equal(forwarder.refused.get("not_tls"), 1);
    assert.equal(forwarder.forwarded, 0);
  });

  it("refuses addresses outside the ranges, and private ones without ranges", async () => {
    for (const ranges of [[parseRange("149.154.160.0/20")], []]) {
      await using forwarder = await open({ ranges });
      await assert.rejects(echoed(forwarder, "a"));
      assert.equal(forwarder.refused.get("foreign_address"), 1);
    }
  });

  it("tries the next address when one does not answer, and refuses when none does", async () => {
    await using forwarder = await open({
      resolve: () => Promise.resolve(["127.0.0.2", "127.0.0.1"]),
    });
    assert.equal(await echoed(forwarder, "a"), "a");
    await using lost = await open({ resolve: () => Promise.reject(new Error("no resolver")) });
    await assert.rejects(echoed(lost, "a"));
    assert.equal(lost.refused.get("no_address"), 1);
  });

  it("shows a man in the middle: the certificate is the server's or the connection fails", async () => {
    await using forwarder = await open();
    // The same path with a client that trusts others: what it meets is not who it should be.
    await assert.rejects(echoed(forwarder, "a", host, ""), /self-signed|unable to verify/i);
  });

  it("closes idle connections, and takes no more than its limit", async () => {
    await using idle = await open({ idleMs: 50 });
    const socket = connect({
      port: idle.ports.get(host) ?? 0,
      host: "127.0.0.1",
      servername: host,
      ca: cert,
    });
    await once(socket, "close");
    await using narrow = await open({ connectionsMax: 1 });
    const first = connectTcp(narrow.ports.get(host) ?? 0, "127.0.0.1");
    await once(first, "connect");
    const second = connectTcp(narrow.ports.get(host) ?? 0, "127.0.0.1").on(
      "error",
      () => undefined,
    );
    await once(second, "close");
    assert.equal(narrow.refused.get("too_many"), 1);
    first.destroy();
  });

  for (const address of ["0.0.0.0", "::", "0::0", "::ffff:0.0.0.0", "149.154.167.220", "localhost"])
    it(`does not listen at ${address}`, async () => {
      await assert.rejects(open({ address }), ListenError);
    });
});
