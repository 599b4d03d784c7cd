import { chmodSync, lstatSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Speaker } from "../../ports/operations.ts";
import type { SocketDoor } from "./socket-door.ts";

/** Bytes of a unix socket's path (`sun_path` less its end): 107 on Linux, 103 elsewhere. */
export const socketPathBytesMax = process.platform === "linux" ? 107 : 103;

export interface Listener extends AsyncDisposable {
  readonly server: Server;
}

export type ListenOutcome =
  | { readonly kind: "listening"; readonly listener: Listener }
  | { readonly kind: "refused"; readonly message: string };

export interface UnixSocketOptions {
  readonly path: string;
  readonly door: SocketDoor;
  /** As whom its callers speak: who may open the file may read the owner's token too. */
  readonly speaker: Speaker;
  /** Serves a connection that speaks HTTP. */
  readonly http: (socket: Socket) => void;
}

/**
 * Listens on a unix socket that this user alone may open, and serves HTTP or lines there, as the first byte says. The
 * file of a node that was killed is replaced; anything else that lies there is left alone. What cannot be is said, and
 * no reason not to start: everything works over HTTP too.
 */
export async function listenOnUnixSocket(options: UnixSocketOptions): Promise<ListenOutcome> {
  const { path, door, speaker, http } = options;
  const bytes = Buffer.byteLength(path);
  if (bytes > socketPathBytesMax)
    return refused(`its path has ${bytes} bytes, and the system takes ${socketPathBytesMax}`);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isSocket()) return refused("there is a file of that name");
  if (found !== undefined) {
    if (await isServed(path)) return refused("another program listens there");
    rmSync(path);
  }
  const server = accepting((socket) => {
    socket.once("readable", () => {
      const first: unknown = socket.read();
      if (!Buffer.isBuffer(first)) return void socket.destroy();
      socket.unshift(first);
      if (isLetter(first[0])) http(socket);
      else void door.takeLines(socket, speaker);
    });
  }, door.limits.silentMsMax);
  const fault = await listen(server, { path });
  if (fault !== undefined) return refused(fault);
  chmodSync(path, 0o600);
  return { kind: "listening", listener: listenerOf(server) };
}

/** Listens for lines on a port of this machine. Whoever comes without a token is a local caller, as over HTTP. */
export async function listenOnPort(options: {
  readonly port: number;
  readonly host: string;
  readonly door: SocketDoor;
  readonly speaker: Speaker;
}): Promise<ListenOutcome> {
  const { port, host, door, speaker } = options;
  const server = accepting((socket) => {
    socket.once("readable", () => {
      const first: unknown = socket.read();
      // A web page can make a browser send an HTTP request here, with lines in its body; it ends at its first letter.
      if (!Buffer.isBuffer(first) || first[0] !== openingBrace) return void socket.destroy();
      socket.unshift(first);
      void door.takeLines(socket, speaker);
    });
  }, door.limits.silentMsMax);
  const fault = await listen(server, { port, host, exclusive: true });
  return fault === undefined ? { kind: "listening", listener: listenerOf(server) } : refused(fault);
}

const openingBrace = 0x7b;

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a));
}

/** A connection that says nothing for so long is closed. */
function accepting(serve: (socket: Socket) => void, silentMsMax: number): Server {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    const silence = setTimeout(() => socket.destroy(), silentMsMax);
    socket.once("readable", () => clearTimeout(silence));
    socket.once("close", () => clearTimeout(silence));
    serve(socket);
  });
  return server;
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

/** What is wrong, in a few words; `undefined` once it listens. */
function listen(
  server: Server,
  where: { path: string } | { port: number; host: string; exclusive: true },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const fail = ({ code }: NodeJS.ErrnoException) =>
      resolve(code === "EADDRINUSE" ? "the address is taken" : `the system says ${code ?? "no"}`);
    server.once("error", fail);
    server.listen(where, () => {
      server.off("error", fail);
      // Later ones say that a connection could not be accepted; those that are open go on.
      server.on("error", () => undefined);
      resolve(undefined);
    });
  });
}

/** Node removes the file of a unix socket when its server closes. */
function listenerOf(server: Server): Listener {
  return {
    server,
    // The connections are closed by the doors that serve them; there is no need to wait for them here.
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

function refused(message: string): ListenOutcome {
  return { kind: "refused", message };
}
