import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noticePrinter } from "./notice-printer.ts";
import { Printer } from "./printer.ts";
import type { Shell } from "./shell.ts";
import { en } from "./texts/en.ts";
import { ru } from "./texts/ru.ts";
import { translator } from "./texts/translate.ts";

function told(
  texts: Parameters<typeof translator>[0],
  statuses: readonly ("ok" | "degraded")[],
  json = false,
): string {
  let written = "";
  const out = { isTTY: false, write: (text: string) => (written += text) };
  const print = new Printer({ out, errors: out, env: {}, json });
  const shell: Shell = {
    home: "/nowhere",
    port: undefined,
    env: {},
    language: "en",
    t: translator(texts),
    print,
    client: () => Promise.reject(new Error("there is no node here")),
  };
  const tell = noticePrinter(shell);
  for (const status of statuses)
    tell({ kind: "backend_changed", name: "main", status, detail: "it\u001b[2J" });
  return written;
}

describe("a model server's coming and going", () => {
  it("is a line each, in both languages", () => {
    assert.deepEqual(told(en, ["ok", "degraded", "ok"]).split("\n"), [
      "The model server does not answer any more: it",
      "The model server answers again: it",
      "",
    ]);
    assert.match(told(ru, ["ok", "degraded"]), /^Сервер модели перестал отвечать: it\n$/);
  });

  it("tells apart a server that has not answered yet", () => {
    assert.match(told(en, ["degraded"]), /^The model server does not answer yet: it\n$/);
    assert.match(told(ru, ["degraded", "ok"]), /пока не отвечает[^]*снова отвечает/);
  });

  it("is no news when it works at once, or stays as it is", () => {
    assert.equal(told(en, ["ok", "ok"]), "");
    assert.equal(told(en, ["degraded", "degraded"]).split("\n").length, 2);
  });

  it("is a value for a program", () =>
    assert.equal(JSON.parse(told(en, ["degraded"], true)).status, "degraded"));
});
