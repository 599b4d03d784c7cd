import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { generateModel } from "@adyton/emulators";
import { modelNamePattern } from "../../domain/model/model-name.ts";
import { modelPath, nameFromFile, removeModel, storedModels, storeModel } from "./model-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton-models-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "Tiny Модель.gguf");
writeFileSync(file, generateModel());

const never = new AbortController().signal;
const newHome = () => mkdtempSync(join(folder, "home-"));
const store = (home: string, name: string, from = file) =>
  storeModel({ home, name, from, onProgress: () => undefined, signal: never });

describe("a model's name", () => {
  const cases: ReadonlyArray<readonly [file: string, name: string]> = [
    ["/a/Qwen3-4B Q4_K_M.gguf", "qwen3-4b-q4_k_m"],
    ["llama.GGUF", "llama"],
    ["Модель.gguf", "model"],
    [".gguf", "model"],
    ["..-x.gguf", "x"],
    [`${"a".repeat(100)}.gguf`, "a".repeat(64)],
  ];
  for (const [path, name] of cases)
    it(`of ${path.slice(0, 30)} is ${name.slice(0, 30)}`, () => {
      assert.equal(nameFromFile(path), name);
      assert.match(name, modelNamePattern);
    });
});

describe("the folder of models", () => {
  it("takes a file by a link, once, and lists what it is", async () => {
    const home = newHome();
    assert.deepEqual(await storedModels(home), []);
    assert.equal(await store(home, "tiny"), "linked");
    assert.equal(statSync(modelPath(home, "tiny")).ino, statSync(file).ino);
    assert.equal(statSync(join(home, "models")).mode & 0o777, 0o700);
    assert.equal(await store(home, "tiny"), "there");
    const [model] = await storedModels(home);
    assert.equal(model?.name, "tiny");
    assert.equal(model?.file?.architecture, "llama");
  });

  it("takes the file behind a symbolic link", async () => {
    const home = newHome();
    const link = join(home, "link.gguf");
    symlinkSync(file, link);
    await store(home, "tiny", link);
    assert.ok(statSync(modelPath(home, "tiny")).isFile());
  });

  const noShm = existsSync("/dev/shm") ? false : "there is no second file system here";
  it("copies whole where no link can be", { skip: noShm }, async () => {
    const home = newHome();
    const steps: number[] = [];
    // A file system of its own, which Linux has for everybody.
    const far = join("/dev/shm", `adyton-${process.pid}.gguf`);
    writeFileSync(far, generateModel());
    try {
      const onProgress = (done: number): void => void steps.push(done);
      const how = await storeModel({ home, name: "far", from: far, onProgress, signal: never });
      assert.equal(how, "copied");
      assert.equal(steps.at(-1), statSync(modelPath(home, "far")).size);
      assert.deepEqual(readdirSync(join(home, "models")), ["far.gguf"]);
      assert.equal(statSync(modelPath(home, "far")).mode & 0o777, 0o600);
    } finally {
      rmSync(far);
    }
  });

  it("refuses another file under a name that is taken", async () => {
    const home = newHome();
    await store(home, "tiny");
    const other = join(home, "other.gguf");
    writeFileSync(other, generateModel({ seed: 2 }));
    await assert.rejects(store(home, "tiny", other), { code: "taken" });
  });

  it("passes over what is no model, and marks what is none any more", async () => {
    const home = newHome();
    mkdirSync(join(home, "models"));
    for (const name of ["notes.txt", ".hidden.gguf", "BIG.gguf"])
      writeFileSync(join(home, "models", name), "x");
    linkSync(file, modelPath(home, "good"));
    writeFileSync(modelPath(home, "broken"), "GGUF");
    const models = await storedModels(home);
    assert.deepEqual(models.map(({ name }) => name).toSorted(), ["broken", "good"]);
    assert.equal(models.find(({ name }) => name === "broken")?.file, undefined);
  });

  it("removes a model and leaves the owner's file", async () => {
    const home = newHome();
    await store(home, "tiny");
    assert.equal(await removeModel(home, "tiny"), true);
    assert.equal(await removeModel(home, "tiny"), false);
    assert.ok(statSync(file).isFile());
  });
});
