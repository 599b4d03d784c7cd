import assert from "node:assert/strict";
import type { Server } from "node:http";
import { CodedError } from "@adyton/runtime/coded-error";
import { portTriesMax } from "./edge-limits.ts";

/** The node cannot listen. `port` is the one that was asked for. */
export class ListenError extends CodedError<
  "address_in_use" | "not_permitted" | "address_unavailable"
> {
  readonly port: number;

  constructor(code: ListenError["code"], port: number, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.port = port;
  }
}

export interface Listening {
  readonly servers: readonly Server[];
  readonly port: number;
  readonly hosts: readonly string[];
  /** Addresses this machine does not have: `::1` where IPv6 is switched off. */
  readonly missing: readonly string[];
}

/**
 * Listens on one port of every host. Port 0 finds a port that is free on all of them. A host the machine does not have
 * is left out as long as another one works. Throws `ListenError`; then nothing listens.
 */
export async function listenOn(
  makeServer: () => Server,
  hosts: readonly string[],
  port: number,
): Promise<Listening> {
  for (let tries = 1; ; tries++)
    try {
      return await listenOnAll(makeServer, hosts, port);
    } catch (error) {
      // A port that was free on the first host was taken on the second: another one is tried.
      const again = port === 0 && isListenError(error, "address_in_use") && tries < portTriesMax;
      if (!again) throw error;
    }
}

async function listenOnAll(
  makeServer: () => Server,
  hosts: readonly string[],
  wanted: number,
): Promise<Listening> {
  const servers: Server[] = [];
  const open: string[] = [];
  const missing: string[] = [];
  let port = wanted;
  try {
    for (const host of hosts) {
      const server = makeServer();
      try {
        await listenOnce(server, host, port);
      } catch (error) {
        if (!isListenError(error, "address_unavailable")) throw error;
        missing.push(host);
        continue;
      }
      servers.push(server);
      open.push(host);
      port = portOf(server);
    }
    if (servers.length === 0)
      throw new ListenError(
        "address_unavailable",
        wanted,
        `none of ${hosts.join(", ")} exists here`,
      );
    return { servers, port, hosts: open, missing };
  } catch (error) {
    await Promise.all(servers.map((server) => closed(server)));
    throw error;
  }
}

function listenOnce(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port));
    server.once("error", fail);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  if (cause.code === "EADDRINUSE")
    return new ListenError("address_in_use", port, `port ${port} of ${host} is taken`, { cause });
  if (cause.code === "EACCES")
    return new ListenError("not_permitted", port, `port ${port} needs a right this user lacks`, {
      cause,
    });
  if (cause.code === "EADDRNOTAVAIL" || cause.code === "EAFNOSUPPORT")
    return new ListenError("address_unavailable", port, `${host} does not exist here`, { cause });
  return cause;
}

function isListenError(error: unknown, code: ListenError["code"]): boolean {
  return error instanceof ListenError && error.code === code;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null, "a listening server has an address");
  return address.port;
}
