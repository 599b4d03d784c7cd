import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Notice } from "@adyton/core";
import { noticePrinter } from "./notice-printer.ts";
import { Printer } from "./printer.ts";
import type { Shell } from "./shell.ts";
import { en } from "./texts/en.ts";
import { ru } from "./texts/ru.ts";
import { translator } from "./texts/translate.ts";

type Statuses = readonly ("ok" | "degraded")[];

function told(texts: Parameters<typeof translator>[0], statuses: Statuses, json = false): string {
  const changed = { kind: "backend_changed", name: "main", detail: "it\u001b[2J" } as const;
  return toldOf(
    texts,
    statuses.map((status) => ({ ...changed, status })),
    json,
  );
}

function toldOf(
  texts: Parameters<typeof translator>[0],
  notices: readonly Notice[],
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
  for (const notice of notices) tell(notice);
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

  it("is told from how the server was at the start", () => {
    const start = { kind: "backend", name: "main", url: "http://a:1", model: "m" } as const;
    const at = { ...start, found: false, pinned: false, among: [], detail: "it" } as const;
    const changed = { kind: "backend_changed", name: "main", detail: "it" } as const;
    const away: Notice = { ...changed, status: "degraded" };
    const then: Notice = { ...changed, status: "ok" };
    const lines = (notices: readonly Notice[]): readonly string[] =>
      toldOf(en, notices).trimEnd().split("\n").slice(1);
    assert.deepEqual(lines([{ ...at, status: "ok" }, away, then]), [
      "The model server does not answer any more: it",
      "The model server answers again: it",
    ]);
    assert.deepEqual(lines([{ ...at, status: "degraded" }, away, then]), [
      "The model server does not answer yet: it",
      "The model server answers again: it",
    ]);
    assert.deepEqual(lines([{ ...at, status: "unknown" }, away]), [
      "The model server does not answer yet: it",
    ]);
  });

  it("is a value for a program", () =>
    assert.equal(JSON.parse(told(en, ["degraded"], true)).status, "degraded"));
});

describe("the model at the start", () => {
  const at = (url: string, model?: string): Notice => ({
    kind: "backend",
    name: "main",
    url,
    model,
    found: false,
    pinned: false,
    among: [],
    status: "unknown",
    detail: "",
  });
  for (const [notice, english, russian] of [
    [at("http://a:1", "m"), "Model: m at http://a:1\n", "Модель: m, http://a:1\n"],
    [
      at("http://a:1"),
      "Model: the server’s first at http://a:1\n",
      "Модель: первая у сервера, http://a:1\n",
    ],
    [
      at("redis://a:1"),
      "Model: the workers’, through redis://a:1\n",
      "Модель: у исполнителей, через redis://a:1\n",
    ],
    [
      at("rediss://a:1"),
      "Model: the workers’, through rediss://a:1\n",
      "Модель: у исполнителей, через rediss://a:1\n",
    ],
    [
      at("embedded:tiny", "tiny"),
      "Model: tiny, run by the node itself\n",
      "Модель: tiny, её запускает сам узел\n",
    ],
  ] as const)
    it(`says what ${english.trim()} is, in both languages`, () => {
      assert.equal(toldOf(en, [notice]), english);
      assert.equal(toldOf(ru, [notice]), russian);
    });
});
