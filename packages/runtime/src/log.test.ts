import assert from "node:assert/strict";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ManualClock } from "./clock.ts";
import { CodedError } from "./coded-error.ts";
import { createLog, logFieldCharsMax, logFieldsMax, type LogOptions } from "./log.ts";
import { Secret } from "./secret.ts";

const root = mkdtempSync(join(tmpdir(), "log-"));
after(() => rmSync(root, { recursive: true }));

class OwnError extends CodedError<"closed"> {}

function fresh(options: Partial<LogOptions> = {}, bytesMax = 1_000_000, filesMax = 3) {
  const path = join(mkdtempSync(join(root, "run-")), "node.log");
  const log = createLog({
    target: { kind: "file", path, bytesMax, filesMax },
    clock: new ManualClock(0),
    ...options,
  });
  return { path, log };
}

async function lines(
  write: (log: ReturnType<typeof createLog>) => void,
  options: Partial<LogOptions> = {},
) {
  const { path, log } = fresh(options);
  write(log);
  await log.flush();
  await log[Symbol.asyncDispose]();
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

const record = (line: string | undefined) => JSON.parse(line ?? "") as Record<string, unknown>;

describe("the JSON log", () => {
  it("writes time, level, message and fields, from the level on", async () => {
    const [first, ...rest] = await lines((log) => {
      log.debug("hidden");
      log.child({ door: "http", port: 1 }).info("дверь открыта", { port: 7860, absent: undefined });
    });
    assert.equal(
      first,
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"дверь открыта","door":"http","port":7860}',
    );
    assert.deepEqual(rest, []);
  });

  it("shows no secret and no foreign object or message", async () => {
    const foreign = Object.assign(new Error("TOKEN"), { code: "EPIPE", config: { auth: "TOKEN" } });
    const written = await lines((log) =>
      log.error("failed", {
        secret: new Secret("TOKEN"),
        foreign,
        own: new OwnError("closed", "the door is closed", { cause: foreign }),
        object: { a: "TOKEN" },
        list: ["TOKEN"],
      }),
    );
    assert.ok(!written.join("").includes("TOKEN"), written.join(""));
    const { secret, foreign: shown, own, object, list } = record(written[0]);
    assert.deepEqual([secret, object, list], ["[secret]", "[object]", "[object]"]);
    assert.equal((shown as { code: string }).code, "EPIPE");
    assert.equal((own as { message: string }).message, "the door is closed");
  });

  it("keeps one event on one line, and its own keys its own", async () => {
    const written = await lines((log) =>
      log.info('a\n{"level":"error"}\u2028b\u001b[31m\u009b\u202e', {
        level: "error",
        "k\ney": "v\r\n",
      }),
    );
    assert.equal(written.length, 1);
    assert.ok(!/[\p{Cc}\u2028\u202e]/u.test(written[0] ?? ""));
    assert.equal(record(written[0])["level"], "info");
    assert.equal(record(written[0])["level_"], "error");
  });

  it("bounds the fields in number and length", async () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, n]));
    const at = "я".repeat(logFieldCharsMax);
    const written = await lines((log) => {
      log.info("", fields(logFieldsMax));
      log.info("", fields(logFieldsMax + 1));
      log.info("", { at, over: `${at}я`, pair: `${"x".repeat(logFieldCharsMax - 1)}👍` });
    });
    assert.equal(record(written[0])["fieldsOmitted"], undefined);
    assert.equal(record(written[1])["fieldsOmitted"], 1);
    assert.equal(record(written[1])[`f${logFieldsMax}`], undefined);
    const { at: kept, over, pair } = record(written[2]);
    assert.equal(kept, at);
    assert.equal(over, `${at}… (+1)`);
    assert.ok((pair as string).isWellFormed());
  });
});

describe("the human log", () => {
  it("is one readable line without control characters", async () => {
    const [line] = await lines(
      (log) =>
        log.warn("мост\nпотерян\u001b[2J", {
          door: "mqtt",
          why: "no route",
          error: new TypeError("TOKEN"),
        }),
      { format: "human" },
    );
    assert.match(
      line ?? "",
      /^00:00:00 warn {2}мост\\nпотерян\\u001b\[2J door=mqtt why="no route" error="TypeError \(log\.test\.ts:\d+:\d+\)"$/,
    );
  });
});

describe("the sink", () => {
  it("rotates before a file grows over its limit, and keeps the newest files", async () => {
    const bytesMax = 65_536;
    const { path, log } = fresh({}, bytesMax, 3);
    for (let index = 0; index < 400; index += 1) {
      log.info(`line ${index}`, { filler: "x".repeat(900) });
      if (index % 20 === 0) await log.flush();
    }
    await log[Symbol.asyncDispose]();
    const folder = join(path, "..");
    assert.deepEqual(readdirSync(folder).toSorted(), ["node.log", "node.log.1", "node.log.2"]);
    for (const name of readdirSync(folder))
      assert.ok(statSync(join(folder, name)).size <= bytesMax);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const all = ["node.log.2", "node.log.1", "node.log"].map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    const numbers = [...all.join("").matchAll(/"line (\d+)"/g)].map(([, number]) => Number(number));
    assert.equal(numbers.at(-1), 399);
    for (const [index, number] of numbers.entries())
      assert.equal(number, (numbers[0] ?? 0) + index);
    assert.equal(log.dropped, 0);
  });

  it("appends to an earlier file, and with one file starts it anew at the limit", async () => {
    const { path, log } = fresh({}, 65_536, 1);
    writeFileSync(path, "x".repeat(65_500));
    log.info("fresh");
    await log[Symbol.asyncDispose]();
    assert.equal(record(readFileSync(path, "utf8"))["message"], "fresh");
    assert.deepEqual(readdirSync(join(path, "..")), ["node.log"]);
  });

  it("drops and counts at its limit, and says so when there is room again", async () => {
    const written = await lines(
      (log) => {
        const length = '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"a"}\n'.length;
        assert.equal(length * 2, 130);
        for (const message of ["a", "b", "c", "d"]) log.info(message);
        assert.equal(log.dropped, 2);
      },
      { queueBytesMax: 130 },
    );
    assert.deepEqual(
      written.slice(0, 2).map((line) => record(line)["message"]),
      ["a", "b"],
    );
    assert.deepEqual(
      [record(written[2])["message"], record(written[2])["count"], written.length],
      ["log lines were dropped", 2, 3],
    );
  });

  it("survives a sink that fails, and reports it", async () => {
    const descriptor = openSync("/dev/null", "r");
    const log = createLog({ target: { kind: "descriptor", descriptor } });
    assert.equal(log.sinkErrorCode, undefined);
    log.info("lost");
    await log[Symbol.asyncDispose]();
    closeSync(descriptor);
    assert.equal(log.sinkErrorCode, "EBADF");
    assert.equal(log.dropped, 1);
    log.info("after the end");
    assert.equal(log.dropped, 2);
  });
});
