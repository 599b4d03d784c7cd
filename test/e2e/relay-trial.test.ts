import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, it } from "node:test";
import { collect, start, stop, until } from "./cli-process.ts";
import { endChild } from "./end-child.ts";

const relay = join(import.meta.dirname, "../../packages/relay/src/main.ts");
const folder = mkdtempSync(join(tmpdir(), "adyton проба "));
after(() => rmSync(folder, { recursive: true }));

it("lets the emulated Telegram be tried behind a relay on the same machine, as the guide says", async (test) => {
  const child = start([
    "emulate",
    "telegram",
    "--port",
    "0",
    "--tls-port",
    "0",
    "--home",
    folder,
    "--json",
  ]);
  test.after(() => endChild(child, "SIGKILL"));
  const out = collect(child);
  await until(() => out().includes("\n"), out);
  const { tls, tokenFile } = JSON.parse(out());
  const target = `0=${tls.root.replace("https://", "")}`;
  const args = [relay, "blind", "--listen", "127.0.0.1", "--target", target];
  const forwarder = spawn(process.execPath, [...args, "--range", "127.0.0.0/8"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  test.after(() => endChild(forwarder, "SIGTERM"));
  const [line] = await once(createInterface({ input: forwarder.stderr }), "line");
  const port = Number(/^forwarding from=127\.0\.0\.1 port=(\d+) host=localhost$/.exec(line)?.[1]);
  const path = `/bot${readFileSync(tokenFile, "utf8").trim()}/getMe`;
  const way = { host: "127.0.0.1", port, path, servername: "localhost", agent: false };
  const untrusted = request(way).end();
  const [error] = await once(untrusted, "error");
  assert.equal(Reflect.get(Object(error), "code"), "DEPTH_ZERO_SELF_SIGNED_CERT");
  const asked = request({ ...way, ca: readFileSync(tls.certificate) }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  assert.match(await text(response), /"username":"adyton_bot"/);
  assert.equal(await stop(child, "SIGINT"), 0);
});

it("makes a damaged key of the emulated Telegram anew, and says so", async (test) => {
  const home = mkdtempSync(join(folder, "дом "));
  const key = join(home, "telegram-emulated.key");
  writeFileSync(key, "не ключ\n");
  const args = ["emulate", "telegram", "--port", "0", "--tls-port", "0", "--home", home];
  const child = start(args, { env: { LANG: "ru_RU.UTF-8" } });
  test.after(() => endChild(child, "SIGKILL"));
  const out = collect(child);
  const told = `Файл ${key} не годится: ключ и сертификат сделаны заново.`;
  const isUp = (): boolean => out().includes("Ctrl-C") && out().includes(told);
  await until(() => isUp() || child.exitCode !== null, out);
  assert.ok(isUp(), out());
  assert.match(readFileSync(key, "utf8"), /^-----BEGIN PRIVATE KEY-----/);
  assert.equal(await stop(child, "SIGINT"), 0);
});
