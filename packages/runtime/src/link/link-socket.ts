/** A connection that carries whole messages. Both handlers are set before the first message can arrive. */
export interface LinkSocket {
  send(bytes: Buffer): void;
  /** Cuts it, without waiting for the other side. */
  destroy(): void;
  onMessage: (bytes: Buffer) => void;
  /** Called once. */
  onClose: () => void;
}

/** What is needed of a WebSocket of the package `ws`. */
interface WebSocketLike {
  send(bytes: Buffer, sent: (error?: Error) => void): void;
  terminate(): void;
  on(event: "message", take: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: "close" | "error", take: () => void): unknown;
}

/** A WebSocket as the link sees it. Text, which no frame is, cuts it. */
export function webSocketLink(webSocket: WebSocketLike): LinkSocket {
  const link: LinkSocket = {
    // What cannot be sent is sent again over the next connection.
    send: (bytes) => webSocket.send(bytes, () => undefined),
    destroy: () => webSocket.terminate(),
    onMessage: () => undefined,
    onClose: () => undefined,
  };
  webSocket.on("message", (data, isBinary) => {
    if (isBinary && Buffer.isBuffer(data)) link.onMessage(data);
    else webSocket.terminate();
  });
  webSocket.on("close", () => link.onClose());
  // Its close follows.
  webSocket.on("error", () => webSocket.terminate());
  return link;
}
