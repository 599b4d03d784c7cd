import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

// WebSockets that are open and ask nothing, in a process of their own. They are made by hand, so that ten thousand of
// them take little of the machine that is measured.

interface Wanted {
  readonly port: number;
  readonly token: string;
  readonly count: number;
}

const atOnce = 100;
/** An empty pong; its mask is zero. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const open = new Set<Socket>();

function openOne({ port, token }: Wanted): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ port, host: "127.0.0.1" });
  const key = randomBytes(16).toString("base64");
  socket.write(
    `GET /api/v1/ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: adyton.v1+json\r\n` +
      `Authorization: Bearer ${token}\r\n\r\n`,
  );
  socket.once("data", (head: Buffer) => {
    if (!head.toString("latin1").startsWith("HTTP/1.1 101")) {
      reject(new Error(head.toString("utf8")));
      return;
    }
    open.add(socket);
    resolve();
    // All that comes is pings, which are empty.
    socket.on("data", (pings: Buffer) => {
      for (let seen = 0; seen < pings.length; seen += 2) socket.write(pong);
    });
  });
  socket.on("error", reject).on("close", () => open.delete(socket));
  return promise;
}

async function openAll(wanted: Wanted): Promise<{ open: number; error?: string }> {
  try {
    while (open.size < wanted.count) {
      const more = Math.min(atOnce, wanted.count - open.size);
      await Promise.all(Array.from({ length: more }, () => openOne(wanted)));
    }
    return { open: open.size };
  } catch (error) {
    return { open: open.size, error: String(error) };
  }
}

/** A count of 0 opens none and says how many are open. */
process.on(
  "message",
  (wanted: Wanted) => void openAll(wanted).then((answer) => process.send?.(answer)),
);
process.on("disconnect", () => process.exit(0));
