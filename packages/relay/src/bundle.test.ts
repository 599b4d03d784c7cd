import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { it } from "node:test";
import { writeBundle } from "./bundle.ts";

it("writes a relay that runs with Node alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "adyton-bundle-"));
  try {
    const files = writeBundle(folder);
    assert.deepEqual(
      files.filter((name) => name.endsWith(".ts")),
      [],
    );
    for (const name of files.filter((each) => each.endsWith(".js")))
      assert.doesNotMatch(readFileSync(join(folder, name), "utf8"), /\.ts"|@adyton/, name);
    const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
    const env = { PATH: path, LC_ALL: "C" };
    const shown = spawnSync(join(folder, "adyton-relay"), ["--help"], { encoding: "utf8", env });
    assert.match(shown.stdout, /Forwards TLS/);
    assert.equal(shown.status, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
