import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Failure } from "./failure.ts";
import { findFiles } from "./find-files.ts";
import { en } from "./texts/en.ts";
import { translator } from "./texts/translate.ts";

const t = translator(en);
const place = mkdtempSync(join(tmpdir(), "adyton-find-"));
const deep = join(place, "a", "b");
mkdirSync(deep, { recursive: true });
for (const folder of [place, join(place, "a"), deep]) writeFileSync(join(folder, "x.md"), "x");
after(() => rmSync(place, { recursive: true }));

const found = async (limits: { filesMax: number; foldersDeepMax: number }) =>
  (await findFiles([place], t, limits)).files.length;

describe("the files of an import", () => {
  const cases: ReadonlyArray<readonly [string, number, number, number | RegExp]> = [
    ["as many files as may be", 3, 2, 3],
    ["one file more", 2, 2, /at most 2 files/],
    ["folders one deeper", 3, 1, /more than 1 within/],
  ];
  for (const [what, filesMax, foldersDeepMax, expected] of cases)
    it(`are ${typeof expected === "number" ? "taken" : "refused"}: ${what}`, async () => {
      const asked = found({ filesMax, foldersDeepMax });
      if (typeof expected === "number") assert.equal(await asked, expected);
      else
        await assert.rejects(
          asked,
          (error) => error instanceof Failure && expected.test(error.message),
        );
    });
});
