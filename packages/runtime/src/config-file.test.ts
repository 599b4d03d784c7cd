import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { z } from "zod";
import { configDepthMax } from "./config-document.ts";
import {
  configBytesMax,
  formatConfigProblem,
  readConfigFile,
  setConfigValue,
} from "./config-file.ts";

const root = mkdtempSync(join(tmpdir(), "config-"));
after(() => rmSync(root, { recursive: true }));
const path = join(root, "node.yaml");

const Config = z.strictObject({
  listen: z.strictObject({ port: z.int().min(1).max(65_535).default(7860) }).prefault({}),
  layout: z.enum(["solo", "blind", "bot"]).default("solo"),
  stream: z.boolean().default(true),
  share: z.number().gt(0).lt(1).optional(),
  name: z.string().min(1).max(8).optional(),
  code: z
    .string()
    .regex(/^[a-z]+$/, "must be small Latin letters")
    .optional(),
  site: z.url().optional(),
  token: z.int().optional(),
  tags: z.array(z.string()).max(2).optional(),
  doors: z.record(z.string(), z.strictObject({ port: z.int() })).optional(),
  via: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("direct") }),
      z.strictObject({ kind: z.literal("proxy"), address: z.string() }),
    ])
    .optional(),
});

function problems(text: string | Uint8Array, schema: z.ZodType = Config): readonly string[] {
  writeFileSync(path, text);
  const outcome = readConfigFile(path, schema);
  return outcome.kind === "ok"
    ? []
    : outcome.problems.map((problem) => formatConfigProblem(problem).replace(`${path}:`, ""));
}

describe("readConfigFile", () => {
  it("takes a file, an absent file and an empty one", () => {
    writeFileSync(path, "# комментарий\nlisten: {port: 1}\nname: дом\n");
    const outcome = readConfigFile(path, Config);
    assert.ok(outcome.kind === "ok");
    assert.deepEqual(
      [outcome.source, outcome.value.listen.port, outcome.value.name],
      ["file", 1, "дом"],
    );
    const absent = readConfigFile(join(root, "absent.yaml"), Config);
    assert.ok(absent.kind === "ok");
    assert.deepEqual([absent.source, absent.value.listen.port], ["absent", 7860]);
    for (const text of ["", "# only a comment\n", "---\n"]) assert.deepEqual(problems(text), []);
  });

  const number = "must be a whole number from 1 to 65535";
  const cases: ReadonlyArray<[text: string, expected: readonly string[]]> = [
    ["listen:\n  port: abc\n", [`2:9 listen.port: ${number}, found "abc"`]],
    ["listen:\n  port: 0\n", [`2:9 listen.port: ${number}, found 0`]],
    ["listen:\n  port: 65535\n", []],
    ["listen:\n  port: 65536\n", [`2:9 listen.port: ${number}, found 65536`]],
    ["listen:\n  port:\n", [`2:8 listen.port: ${number}, found nothing`]],
    ["listen: 5\n", ["1:9 listen: must be a group of settings, found 5"]],
    ["stream: yes\n", ['1:9 stream: must be true or false, found "yes"']],
    ["stream: да\n", ['1:9 stream: must be true or false, found "да"']],
    ["layout: sole\n", ['1:9 layout: must be one of "solo", "blind", "bot", found "sole"']],
    ["share: 1\n", ["1:8 share: must be a number over 0 and under 1, found 1"]],
    [
      "name: слишком длинное\n",
      ['1:7 name: must be text of 1 to 8 characters, found "слишком длинное"'],
    ],
    ["code: A1\n", ['1:7 code: must be small Latin letters, found "A1"']],
    ["site: here\n", ['1:7 site: must be an address such as https://example.org, found "here"']],
    ["token: pasted-secret\n", ["1:8 token: must be a whole number"]],
    [
      "name: 123456789012345678901234567890\n",
      ["1:7 name: must be text of 1 to 8 characters, found 1.2345678901234568e+29"],
    ],
    ["tags: [a, b, c]\n", ["1:7 tags: must be a list of at most 2 entries, found a list of 3"]],
    ["tags: [a, 1]\n", ["1:11 tags[1]: must be text, found 1"]],
    ["doors:\n  дом: {port: 1.5}\n", ["2:15 doors.дом.port: must be a whole number, found 1.5"]],
    ["doors:\n  a: {}\n", ["2:3 doors.a.port: is missing: must be a whole number"]],
    ["via:\n  kind: socks\n", ['2:9 via.kind: must be one of "direct", "proxy", found "socks"']],
    ["via:\n  kind: proxy\n", ["1:1 via.address: is missing: must be text"]],
    ["lisen: {}\n", ['1:1 lisen: is not a known setting; did you mean "listen"?']],
    ["listen:\n  prot: 1\n", ['2:3 listen.prot: is not a known setting; did you mean "port"?']],
    [
      "doors:\n  a: {port: 1, zzzzz: 2}\n",
      ["2:16 doors.a.zzzzz: is not a known setting; known here: port"],
    ],
    ["stream: true\nstream: false\n", ["2:1 this key appears twice: remove one of the two"]],
    ["listen:\n\tport: 1\n", ["2:1 a tab indents this line: use spaces"]],
    ["name: a: b\n", ["1:7 there are two colons on this line: put the value in quotes"]],
    ["- a\n", ["1:1 must be a group of settings, found a list of 1"]],
    ["name: &x дом\n", ["1:10 anchors (&name) are not supported: write the value out"]],
    ["name: !!binary aGk=\n", ["1:16 tags (!name) are not supported: write a plain value"]],
    [
      "%YAML 1.1\n---\nstream: yes\n",
      ["1:1 directives (%YAML, %TAG) are not supported: remove the line"],
    ],
    [
      "--- \nname: a\n---\nname: b\n",
      ["3:1 a second document starts here: keep one, without --- between"],
    ],
    ["? [a]\n: 1\n", ["1:3 a key must be a word or a number"]],
  ];
  for (const [text, expected] of cases)
    it(`answers ${JSON.stringify(text)}`, () => assert.deepEqual(problems(text), expected));

  it("lists every problem, in the order of the file", () => {
    const text = "stream: on\nlisten:\n  port: x\nlayot: solo\n";
    assert.deepEqual(
      problems(text).map((problem) => problem.split(" ")[0]),
      ["1:9", "3:9", "4:1"],
    );
  });

  it("refuses what would grow: aliases, depth, size", () => {
    const bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    assert.ok(problems(bomb).some((problem) => problem.includes("aliases")));
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    assert.deepEqual(problems(nested(configDepthMax), z.unknown()), []);
    assert.match(problems(nested(configDepthMax + 1), z.unknown())[0] ?? "", /nested over 32 deep/);
    assert.match(problems(nested(100_000), z.unknown())[0] ?? "", /nested too deeply/);
    const sized = (bytes: number) => `#${"x".repeat(bytes - 2)}\n`;
    assert.deepEqual(problems(sized(configBytesMax)), []);
    assert.deepEqual(problems(sized(configBytesMax + 1)), ["1:1 is over 256 KiB"]);
  });

  it("refuses bytes that are not text, and a folder", () => {
    assert.deepEqual(problems(Uint8Array.of(0x61, 0xff)), ["1:1 is not UTF-8 text"]);
    const outcome = readConfigFile(root, Config);
    assert.equal(outcome.kind === "refused" && outcome.problems[0]?.message, "is not a file");
  });
});

describe("setConfigValue", () => {
  const edits: ReadonlyArray<
    [before: string, key: (string | number)[], value: string | number | boolean, after: string]
  > = [
    ["# главное\na: 1 # one\n\nb: 2\n", ["a"], 5, "# главное\na: 5 # one\n\nb: 2\n"],
    ["a: 1\n", ["listen", "port"], 80, "a: 1\nlisten:\n  port: 80\n"],
    ["listen:\n  # door\n  port: 1\n", ["listen", "port"], 80, "listen:\n  # door\n  port: 80\n"],
    ["listen:\n", ["listen", "port"], 80, "listen:\n  port: 80\n"],
    ["listen: {}\n", ["listen", "port"], 80, "listen:\n  port: 80\n"],
    ['a: "x"\n', ["a"], true, "a: true\n"],
    ["a: x\n", ["a"], "yes: #1\nда", "a: |-\n  yes: #1\n  да\n"],
    ["a: [1, 2]\n", ["a", 1], 3, "a: [ 1, 3 ]\n"],
    ["# only a comment\n", ["a"], 1, "# only a comment\n\na: 1\n"],
  ];
  for (const [before, key, value, expected] of edits)
    it(`sets ${key.join(".")} in ${JSON.stringify(before)}`, async () => {
      writeFileSync(path, before);
      assert.deepEqual(await setConfigValue(path, key, value), { kind: "written" });
      assert.equal(readFileSync(path, "utf8"), expected);
    });

  it("creates an absent file for its owner alone, keeps a mode, and keeps a link", async () => {
    const made = join(root, "made.yaml");
    await setConfigValue(made, ["a", "b"], 1);
    assert.equal(readFileSync(made, "utf8"), "a:\n  b: 1\n");
    assert.equal(statSync(made).mode & 0o777, 0o600);
    chmodSync(made, 0o640);
    const link = join(root, "link.yaml");
    symlinkSync(made, link);
    await setConfigValue(link, ["a", "b"], 2);
    assert.equal(readFileSync(made, "utf8"), "a:\n  b: 2\n");
    assert.equal(statSync(made).mode & 0o777, 0o640);
  });

  it("refuses a path through a value and a broken file, and changes neither", async () => {
    for (const text of ["a: 1\n", "a: [\n"]) {
      writeFileSync(path, text);
      const outcome = await setConfigValue(path, ["a", "b"], 1);
      assert.equal(outcome.kind, "refused");
      assert.equal(readFileSync(path, "utf8"), text);
    }
  });
});
