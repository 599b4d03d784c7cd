import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { describe, it } from "node:test";
import { en } from "../texts/en.ts";
import { ru } from "../texts/ru.ts";
import { translator } from "../texts/translate.ts";
import type { DoctorContext, Finding } from "./finding.ts";
import { diskChecks } from "./home-checks.ts";
import { clock, locale, nodeVersion, openFiles } from "./system-checks.ts";

const context: DoctorContext = {
  home: "/nowhere",
  port: 7_860,
  env: {},
  t: translator(en),
  language: "en",
};
const now = Date.parse("2026-11-20T12:00:00Z");
const dayMs = 86_400_000;
const disk = (bavail: number, type = 0xef53) =>
  Object.assign(statfsSync("/"), { bavail, bsize: 1, type });
const worst = (findings: Finding[]) =>
  findings.find(({ status }) => status === "fail") ??
  findings.find(({ status }) => status === "warn");
const inLocale = (env: Record<string, string>) => locale({ ...context, env });

const cases: readonly (readonly [name: string, finding: Finding | undefined, status: string])[] = [
  ["Node at its floor", nodeVersion("24.15.0", context), "ok"],
  ["Node below its floor", nodeVersion("24.14.9", context), "fail"],
  ["an older Node", nodeVersion("20.19.0", context), "fail"],
  ["a newer Node", nodeVersion("26.0.0", context), "ok"],
  ["a clock that is right", clock(now, now - dayMs, context), "ok"],
  ["a clock a day behind", clock(now, now + dayMs - 1, context), "ok"],
  ["a clock more than a day behind", clock(now, now + dayMs, context), "fail"],
  ["a clock of 1970", clock(0, now, context), "fail"],
  ["a clock of the next century", clock(Date.parse("2100-01-01"), now, context), "fail"],
  ["UTF-8", inLocale({ LANG: "ru_RU.UTF-8" }), "ok"],
  ["no locale", inLocale({}), "warn"],
  ["a locale that wins", inLocale({ LC_ALL: "C", LANG: "C.utf8" }), "warn"],
  ["enough files", openFiles("Max open files            1024                 4096", context), "ok"],
  [
    "too few files",
    openFiles("Max open files            1023                 4096", context),
    "warn",
  ],
  ["files without end", openFiles("Max open files            unlimited  x", context), "ok"],
  ["files untold", openFiles("", context), "ok"],
  ["room", worst(diskChecks(disk(1024 ** 3), context)), "none"],
  ["little room", worst(diskChecks(disk(1024 ** 3 - 1), context)), "warn"],
  ["hardly any room", worst(diskChecks(disk(100 * 1024 ** 2 - 1), context)), "fail"],
  ["a network disk", worst(diskChecks(disk(1024 ** 4, 0x6969), context)), "warn"],
  ["a disk in memory", worst(diskChecks(disk(1024 ** 4, 0x01021994), context)), "warn"],
];

describe("the doctor", () => {
  for (const [name, finding, status] of cases)
    it(`says ${status} to ${name}`, () => {
      assert.equal(finding?.status ?? "none", status);
      // Whatever is not right comes with what to do about it.
      if (finding !== undefined && status !== "ok") assert.ok((finding.cure ?? "").length > 3);
    });

  it("speaks Russian", () =>
    assert.match(
      nodeVersion("20.0.0", { ...context, t: translator(ru) }).cure ?? "",
      /запускайте/,
    ));
});
