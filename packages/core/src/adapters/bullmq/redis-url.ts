import { isIP } from "node:net";
import { WorkersError } from "./workers-error.ts";

/** Apart from everything that needs Redis, so that a configuration can be read without it. */

interface RedisUrl {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly tls: boolean;
  readonly username?: string;
}

/** Throws `WorkersError`; the message never holds the address, which may hold a password. */
export function parseRedisUrl(text: string): RedisUrl {
  if (!URL.canParse(text)) refuse("is not an address: write redis://HOST:PORT/DB");
  const url = new URL(text);
  if (url.protocol !== "redis:" && url.protocol !== "rediss:")
    refuse("must begin with redis:// or rediss://");
  if (url.password !== "") refuse("must hold no password: put it into password_file");
  if (url.search !== "" || url.hash !== "") refuse("must end after the database's number");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "") refuse("names no host");
  const path = url.pathname.replace(/^\//, "");
  if (!/^\d{0,4}$/.test(path)) refuse("must end in the database's number");
  return {
    host,
    port: url.port === "" ? 6_379 : Number(url.port),
    db: Number(path),
    tls: url.protocol === "rediss:",
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
  };
}

/** By its number, or the one name that every system keeps for itself: what another resolves to may change. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

function refuse(why: string): never {
  throw new WorkersError("address_refused", `the address of Redis ${why}`);
}

/** Whether Redis is on this machine; true for what is no address, which is refused as such. */
export function isLoopbackRedis(text: string): boolean {
  try {
    return isLoopback(parseRedisUrl(text).host);
  } catch {
    return true;
  }
}
