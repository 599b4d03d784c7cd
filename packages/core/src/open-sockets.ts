import type { HttpServer } from "./adapters/http/serve-http.ts";
import { listenOnPort, listenOnUnixSocket } from "./adapters/socket/listen-sockets.ts";
import { SocketDoor } from "./adapters/socket/socket-door.ts";
import { local, owner } from "./app/tokens.ts";
import type { Notice } from "./notices.ts";
import type { Callers } from "./ports/operations.ts";

export interface SocketOptions {
  /** Of the unix socket. */
  readonly path: string;
  /** For lines on a loopback port; 0 opens none. */
  readonly port: number;
  readonly server: HttpServer;
  readonly callers: Callers;
  readonly notice: (notice: Notice) => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const loopback = "127.0.0.1";

/**
 * Opens the doors that speak in messages: WebSockets on the HTTP server's address, the unix socket, and the port for
 * lines where one is configured. One that cannot be opened is told as a warning; the others serve.
 */
export async function openSockets(options: SocketOptions): Promise<AsyncDisposable> {
  const { path, port, server, callers, notice, log } = options;
  await using stack = new AsyncDisposableStack();
  const door = stack.use(new SocketDoor({ operations: server.operations, callers, log }));
  const unix = await listenOnUnixSocket({
    path,
    door,
    speaker: { principal: owner, byToken: false },
    http: (socket) => server.adopt(socket, owner),
  });
  if (unix.kind === "listening") stack.use(unix.listener);
  else notice({ kind: "warning", text: `${path} is not served: ${unix.message}` });
  if (port > 0) {
    const speaker = { principal: local, byToken: false };
    const lines = await listenOnPort({ port, host: loopback, door, speaker });
    if (lines.kind === "listening") stack.use(lines.listener);
    else notice({ kind: "warning", text: `port ${port} is not served: ${lines.message}` });
  }
  server.onUpgrade((upgrade) => door.takeUpgrade(upgrade));
  const opened = stack.move();
  return { [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
