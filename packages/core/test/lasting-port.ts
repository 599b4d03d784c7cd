import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems give to whoever asks for any: from 32768 on Linux, from 49152 elsewhere. */
const [firstPort, endPort] = [20_000, 32_000];

/**
 * A port of the loopback where nobody listens, and where nobody will who does not name it. A port that the system chose
 * can be another test's before a server is started there again.
 */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(firstPort, endPort);
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") continue;
      throw error;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}
