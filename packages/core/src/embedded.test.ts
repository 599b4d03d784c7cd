import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { generateModel } from "@adyton/emulators";
import { NodeConfig } from "./config.ts";
import { withEmbedded } from "./embedded.ts";

// Which models a node takes up by itself. That they answer is shown end to end.

const folder = mkdtempSync(join(tmpdir(), "adyton-own-models-"));
after(() => rmSync(folder, { recursive: true }));

function homeWith(names: readonly string[]): string {
  const home = mkdtempSync(join(folder, "home-"));
  if (names.length > 0) mkdirSync(join(home, "models"));
  for (const name of names) writeFileSync(join(home, "models", `${name}.gguf`), generateModel());
  return home;
}

const settle = (home: string, written: object = {}, wanted?: string) =>
  withEmbedded(NodeConfig.parse(written), { home, wanted, log: () => undefined });
const urls = async (...args: Parameters<typeof settle>) =>
  (await settle(...args)).config.backends.map(({ name, url }) => `${name} ${url}`);

describe("the models of a node", () => {
  const server = { url: "http://127.0.0.1:1" };
  const elsewhere = { ...server, roles: ["embeddings"] };
  const cases: ReadonlyArray<
    readonly [
      name: string,
      models: string[],
      written: object,
      wanted: string | undefined,
      urls: string[],
    ]
  > = [
    ["none without files", [], {}, undefined, []],
    ["what was added", ["tiny"], {}, undefined, ["embedded embedded:tiny"]],
    [
      "none beside a server",
      ["tiny"],
      { backends: [server] },
      undefined,
      ["default http://127.0.0.1:1"],
    ],
    ["none when the start names a server", ["tiny"], {}, "none", []],
    [
      "what was added, beside a server for other things",
      ["tiny"],
      { backends: [{ ...elsewhere, name: "embedded" }] },
      undefined,
      ["embedded http://127.0.0.1:1", "own-model embedded:tiny"],
    ],
    [
      "those that are named, also when they are not there",
      [],
      { backends: [{ embedded: "gone" }] },
      undefined,
      ["default embedded:gone"],
    ],
  ];
  for (const [name, models, written, wanted, expected] of cases)
    it(`are ${name}`, async () =>
      assert.deepEqual(await urls(homeWith(models), written, wanted), expected));

  it("are the newest of several", async () => {
    const home = homeWith(["b-first"]);
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(join(home, "models", "a-second.gguf"), generateModel());
    // The time of the file itself is the owner's and may be any.
    utimesSync(join(home, "models", "a-second.gguf"), 0, 0);
    assert.deepEqual(await urls(home), ["embedded embedded:a-second"]);
  });

  it("have no host where a server answers", async () => {
    const { hostFor, config } = await settle(homeWith([]), { backends: [server] });
    const [backend] = config.backends;
    assert.ok(backend !== undefined);
    assert.equal(hostFor(backend), undefined);
  });
});
