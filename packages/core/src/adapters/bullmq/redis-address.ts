import { Secret } from "@adyton/runtime/secret";
import type { RedisOptions } from "ioredis";
import { reconnectMsMax } from "./limits.ts";
import { isLoopback, parseRedisUrl } from "./redis-url.ts";
import { createSeal, openSeal, type Seal } from "./seal.ts";
import { WorkersError } from "./workers-error.ts";
import { readWorkersKey } from "./workers-key.ts";

export interface RedisAccess {
  /** `redis://HOST:PORT/DB`, or `rediss://` for TLS. */
  readonly url: string;
  readonly passwordFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface OpenedAccess {
  readonly redis: RedisOptions;
  readonly seal: Seal;
  /** For people: without a password. */
  readonly address: string;
}

/**
 * Reads how Redis is reached and the key that seals what goes there. Throws `WorkersError` for an address that is none
 * or holds a password, for a key that is none, and for a Redis on another machine without a key; `SecretError` for a
 * file that cannot be used.
 */
export function openAccess({ url, passwordFile, keyFile }: RedisAccess): OpenedAccess {
  const parsed = parseRedisUrl(url);
  if (keyFile === undefined && !isLoopback(parsed.host))
    throw new WorkersError(
      "key_refused",
      "a Redis on another machine needs key_file: make one with `adyton worker key FILE` and give the node and every worker the same",
    );
  const { host, port, db, tls } = parsed;
  return {
    address: `${host.includes(":") ? `[${host}]` : host}:${port}`,
    seal: keyFile === undefined ? openSeal : createSeal(readWorkersKey(keyFile)),
    redis: {
      host,
      port,
      db,
      ...(tls ? { tls: {} } : {}),
      ...(parsed.username === undefined ? {} : { username: parsed.username }),
      ...(passwordFile === undefined ? {} : { password: Secret.fromFile(passwordFile).reveal() }),
      maxRetriesPerRequest: null,
      connectTimeout: 3_000,
      retryStrategy: (times) => Math.min(reconnectMsMax, 50 * 2 ** Math.min(times, 10)),
    },
  };
}
