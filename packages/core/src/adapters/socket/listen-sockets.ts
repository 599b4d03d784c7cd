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
  const listener = accepting(door.limits, (socket, first) => {
    if (isLetter(first)) http(socket);
    else void door.takeLines(socket, speaker);
  });
  const fault = await listen(listener.server, { path });
  if (fault !== undefined) return refused(fault);
  chmodSync(path, 0o600);
  return { kind: "listening", listener };
}

/** Listens for lines on a port of this machine. Whoever comes without a token is a local caller, as over HTTP. */
export async function listenOnPort(options: {
  readonly port: number;
  readonly host: string;
  readonly door: SocketDoor;
  readonly speaker: Speaker;
}): Promise<ListenOutcome> {
  const { port, host, door, speaker } = options;
  const listener = accepting(door.limits, (socket, first) => {
    // A web page can make a browser send an HTTP request here, with lines in its body; it ends at its first letter.
    if (first === openingBrace) void door.takeLines(socket, speaker);
    else socket.destroy();
  });
  const fault = await listen(listener.server, { port, host, exclusive: true });
  return fault === undefined ? { kind: "listening", listener } : refused(fault);
}

const openingBrace = 0x7b;

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a));
}

/**
 * Hands each connection on with its first byte, which stays to be read. Until then it belongs to nobody: it is closed
 * when that takes too long, when too many are silent, and with the listener. Once handed on it is closed by the door
 * that serves it.
 */
function accepting(
  { silentMsMax, silentSocketsMax }: SocketDoor["limits"],
  serve: (socket: Socket, first: number | undefined) => void,
): Listener {
  const silent = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const [oldest] = silent.size < silentSocketsMax ? [] : silent;
    if (oldest !== undefined) silent.delete(oldest.destroy());
    silent.add(socket);
    const silence = setTimeout(() => socket.destroy(), silentMsMax);
    const silenceEnds = () => {
      clearTimeout(silence);
      silent.delete(socket);
    };
    socket.on("error", () => socket.destroy()).once("close", silenceEnds);
    socket.once("readable", () => {
      silenceEnds();
      const bytes: unknown = socket.read();
      if (!Buffer.isBuffer(bytes)) return void socket.destroy();
      socket.unshift(bytes);
      serve(socket, bytes[0]);
    });
  });
  return {
    server,
    // Node removes the file of a unix socket when its server closes.
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of silent) socket.destroy();
    },
  };
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

function refused(message: string): ListenOutcome {
  return { kind: "refused", message };
}
