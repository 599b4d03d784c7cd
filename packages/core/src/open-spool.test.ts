import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openSpool } from "./open-spool.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-spool-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("what the relay has lost", () => {
  const cases = [
    ["en", 0, []],
    ["en", 3, [["lost/7", "3 messages grew too old on the relay and were dropped."]]],
    ["ru", 3, [["lost/7", "Устарело и удалено сообщений на ретрансляторе: 3."]]],
  ] as const;
  for (const [language, expired, wanted] of cases)
    it(`${expired} are told to the owners in ${language}, for the record's number`, async () => {
      const told: unknown[] = [];
      const answer = JSON.stringify({ records: [], left: 0, expired, strangers: 0 });
      const written = { kind: "appended", firstSeq: 7, lastSeq: 7, timeMs: 0 } as const;
      const spool = openSpool(
        { call: () => Promise.resolve({ status: 200, body: Buffer.from(answer) }) },
        () => [1],
        {
          spoolKeys: join(folder, "spool.keys"),
          journal: { append: () => Promise.resolve(written) },
          language,
          log: () => undefined,
          notice: () => undefined,
          tellOwners: (...said) => Promise.resolve(void told.push(said)),
        },
      );
      const client = { updates: () => Promise.resolve({ kind: "done", value: [] } as const) };
      await spool.before(client).updates(0, new AbortController().signal);
      await new Promise(setImmediate);
      assert.deepEqual(told, wanted);
    });
});
