import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { environment, flags, writeBundle } from "../packages/relay/src/bundle.ts";
import { botRelay, connections, host, messageBytes } from "./bot-relay.ts";
import { Child, memoryOf } from "./child.ts";
import { atMost, type BenchOptions, type Figure } from "./figure.ts";

// The relay's forwarder: how soon it is ready, what it holds in memory after many messages, and how many it passes on
// beside the same connections without it. A message is two kilobytes there and back.

/** The bundle with a resolver that knows the loopback alone. */
const pinned = `
import { Forwarder } from "./blind/forwarder.js";
import { parseRange } from "./blind/target.js";
const [host, port] = process.argv.slice(2);
const forwarder = await Forwarder.listen({
  address: "127.0.0.1",
  targets: [{ listenPort: 0, host, port: Number(port) }],
  ranges: [parseRange("127.0.0.0/8")],
  resolve: () => Promise.resolve(["127.0.0.1"]),
  log: () => undefined,
});
console.log(forwarder.ports.get(host));
`;
const messages = 100_000;
const quickMessages = 2_000;

export async function relay({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  const bundle = join(folder, "bundle");
  writeBundle(bundle);
  writeFileSync(join(bundle, "pinned.js"), pinned);
  const readyMs = await readyAfterMs(join(bundle, "main.js"));
  await using server = Child.fork("./tls-echo.ts", [folder]);
  const { port, web } = await server.ask<{ port: number; web: number }>({});
  await using forwarder = Child.spawn(
    process.execPath,
    [...flags, join(bundle, "pinned.js"), host, String(port)],
    environment,
  );
  const [, relayPort = "0"] = await forwarder.line(/^(\d+)$/m);
  const cert = readFileSync(join(folder, "cert.pem"), "utf8");
  const count = quick ? quickMessages : messages;
  const direct = await perSecond(port, cert, Math.min(count, messages / 5));
  await perSecond(Number(relayPort), cert, count / 10);
  const before = memoryOf(forwarder.pid).rss;
  const through = await perSecond(Number(relayPort), cert, count);
  const after = memoryOf(forwarder.pid).rss;
  const note = `${count} messages over ${connections} connections`;
  return [
    { figure: "relay, spawn to listening", value: readyMs / 1_000, unit: "s", bar: atMost(1) },
    { figure: "relay, resident before", value: before, unit: "MiB", bar: atMost(64) },
    {
      figure: "relay, resident after",
      value: after,
      unit: "MiB",
      ratio: after / before,
      ratioOf: "before",
      bar: atMost(64),
      note,
    },
    {
      figure: "relay, messages there and back",
      value: through,
      unit: "messages/s",
      ratio: through / direct,
      ratioOf: "the same without it",
      note,
    },
    ...(await botRelay({ bundle, folder, port: web, count })),
  ];
}

async function readyAfterMs(main: string): Promise<number> {
  const startedMs = performance.now();
  const args = [...flags, main, "blind", "--listen", "127.0.0.1", "--target", `0=${host}`];
  await using child = Child.spawn(process.execPath, args, environment);
  await child.line(/forwarding/);
  return performance.now() - startedMs;
}

/** Sends so many messages, one after the other on each connection. Returns how many there were in a second. */
async function perSecond(port: number, ca: string, count: number): Promise<number> {
  const sockets = Array.from({ length: connections }, () =>
    connect({ port, host: "127.0.0.1", servername: host, ca }),
  );
  await Promise.all(sockets.map((socket) => once(socket, "secureConnect")));
  const startedMs = performance.now();
  await Promise.all(sockets.map((socket) => exchange(socket, Math.ceil(count / connections))));
  const seconds = (performance.now() - startedMs) / 1_000;
  for (const socket of sockets) socket.destroy();
  return count / seconds;
}

async function exchange(socket: TLSSocket, count: number): Promise<void> {
  const message = Buffer.alloc(messageBytes, "m");
  let got = 0;
  let sent = 1;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("data", (chunk: Buffer) => {
    got += chunk.length;
    if (got < sent * messageBytes) return;
    if (sent === count) return resolve();
    sent += 1;
    socket.write(message);
  });
  socket.write(message);
  await promise;
}
