import type { Duplex } from "node:stream";

/** Bytes that a connection may send before it has proved the key: its request, and a hello of some 400. */
export const strangerBytesMax = 4 * 1024;

/**
 * Cuts a connection that sends more before it is known. So a stranger holds no more than this and what one read brings,
 * 64 KiB, however long the frame is that it begins. Ends its watch when it is disposed.
 */
export function watchStranger(socket: Duplex): Disposable {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > strangerBytesMax) socket.destroy();
  };
  // Before whoever reads it: what is too much is not answered any more.
  socket.prependListener("data", count);
  return { [Symbol.dispose]: () => void socket.off("data", count) };
}
