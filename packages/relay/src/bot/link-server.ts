import { http } from "@adyton/runtime/node-http";
import { linkHandshakeMsMax, linkProtocol, otherVersionStatus } from "@adyton/protocol/link-limits";
import { frameBytesMax } from "@adyton/runtime/link/link-frame";
import { webSocketLink } from "@adyton/runtime/link/link-socket";
import { WebSocketServer } from "ws";
import { ListenError, requireTunnelAddress } from "../tunnel-address.ts";
import { type LinkHost, strangersMax } from "./link-host.ts";
import { watchStranger } from "./stranger.ts";

const connectionsMax = strangersMax + 4;
const anyVersion = /^adyton\.link\.v\d{1,4}$/;
const otherVersion = `HTTP/1.1 ${otherVersionStatus} Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;

/** The door of the relay inside the tunnel: WebSockets with the link's subprotocol, and nothing else. */
export class LinkServer implements AsyncDisposable {
  readonly port: number;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.#close = close;
  }

  /** Throws `ListenError` when the address is none of a tunnel, or cannot be had. */
  static async listen(address: string, port: number, host: LinkHost): Promise<LinkServer> {
    requireTunnelAddress(address);
    const server = http.createServer({
      requestTimeout: linkHandshakeMsMax,
      headersTimeout: linkHandshakeMsMax,
      connectionsCheckingInterval: 1_000,
    });
    server.maxConnections = connectionsMax;
    // Whoever asks for anything else gets no answer: a page would say what listens here.
    server.on("request", (request) => request.destroy());
    const webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: frameBytesMax,
      perMessageDeflate: false,
      handleProtocols: () => linkProtocol,
    });
    server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      const protocol = request.headers["sec-websocket-protocol"] ?? "";
      // A node of another version is told so; it knew before what listens here.
      if (protocol !== linkProtocol && anyVersion.test(protocol)) {
        host.tellOtherVersion();
        // A peer that does not close its side would keep its place here for good.
        return void socket.end(otherVersion, () => socket.destroy());
      }
      if (protocol !== linkProtocol || request.url !== "/") return void socket.destroy();
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        const watch = watchStranger(socket);
        host.accept(webSocketLink(webSocket), () => watch[Symbol.dispose]());
      });
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new ListenError(`${address}:${port} cannot be opened: ${error.code}`, { cause: error }),
      ),
    );
    server.listen({ host: address, port }, resolve);
    await promise;
    const bound = server.address();
    return new LinkServer(typeof bound === "object" ? (bound?.port ?? 0) : 0, async () => {
      for (const each of webSockets.clients) each.terminate();
      server.closeAllConnections();
      await new Promise<void>((closed) => void server.close(() => closed()));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
