import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { shownModel } from "./shown-model.ts";

describe("shownModel", () => {
  const cases: ReadonlyArray<readonly [id: string, shown: string]> = [
    ["/home/alice/x.gguf", "x.gguf"],
    ["/home/анна/модель.gguf", "модель.gguf"],
    ["/srv/models/qwen/", "qwen"],
    ["~/x.gguf", "x.gguf"],
    ["./x.gguf", "x.gguf"],
    [String.raw`..\models\x.gguf`, "x.gguf"],
    [String.raw`C:\Users\anna\x.gguf`, "x.gguf"],
    ["D:/models/x.gguf", "x.gguf"],
    [String.raw`\\nas\models\x.gguf`, "x.gguf"],
    ["file:///home/alice/x.gguf", "x.gguf"],
    ["qwen2.5:7b", "qwen2.5:7b"],
    ["Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct"],
    ["/", "/"],
    ["", ""],
  ];
  for (const [id, shown] of cases)
    it(`shows ${JSON.stringify(id)} as ${JSON.stringify(shown)}`, () =>
      assert.equal(shownModel(id), shown));
});
