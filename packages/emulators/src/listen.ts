import type { Server } from "node:net";
import { EmulatorError } from "./emulator-error.ts";

/** Has a server listen, on any free port for 0. Returns the port. Throws `port_taken` or `listen_failed`. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      const code = isTaken ? "port_taken" : "listen_failed";
      const words = isTaken ? "is taken" : `cannot be opened (${error.code ?? error.name})`;
      reject(new EmulatorError(code, `port ${port} on ${host} ${words}`, { cause: error }));
    });
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
