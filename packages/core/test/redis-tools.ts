import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { once } from "node:events";
import { connect } from "node:net";
import type { OpenedAccess } from "../src/adapters/bullmq/redis-address.ts";
import { contexts, keys, queueName } from "../src/adapters/bullmq/wire.ts";

/** What tests need of Redis itself, where the package that speaks to it can be found. */

export function connectRedis(access: OpenedAccess): Redis {
  const redis = new Redis({ ...access.redis });
  // What fails by it says so.
  redis.on("error", () => undefined);
  return redis;
}

/** Everything that anybody tells this Redis from now on. */
export async function watchCommands({ redis: { host = "", port = 0 } }: OpenedAccess) {
  const socket = connect(port, host).setEncoding("utf8");
  let text = "";
  socket.on("data", (piece: string) => (text += piece));
  await once(socket, "connect");
  socket.write("MONITOR\r\n");
  await once(socket, "data");
  // Bytes beyond ASCII are shown escaped.
  const unescaped = (): string => {
    const bytes = text.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Buffer.from(bytes, "latin1").toString();
  };
  return { text: unescaped, [Symbol.dispose]: () => void socket.destroy() };
}

/** Takes one job, as a worker does, and leaves everything else to the test. */
export function takeOne(access: OpenedAccess) {
  const connection = connectRedis(access);
  const taken = Promise.withResolvers<string>();
  const release = Promise.withResolvers<void>();
  const worker = new Worker(
    queueName,
    async ({ id }) => {
      taken.resolve(id ?? "");
      await release.promise;
    },
    {
      connection: access.redis,
      prefix: keys.queuePrefix,
      removeOnComplete: { count: 0 },
      skipVersionCheck: true,
    },
  );
  worker.on("error", () => undefined);
  const say = async (job: string, number: number, message: object): Promise<void> => {
    const node = job.split("-")[0] ?? "";
    const sealed = access.seal.seal(contexts.reply(job, number), message);
    await connection.xadd(keys.replies(node), "*", "job", job, "number", number, "sealed", sealed);
  };
  return {
    job: taken.promise,
    say,
    [Symbol.asyncDispose]: async () => {
      release.resolve();
      await worker.close(true);
      connection.disconnect();
    },
  };
}
