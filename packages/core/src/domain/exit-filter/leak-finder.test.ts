import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  cleanAnswers,
  fixtureIdentity,
  fixtureRules,
  leakyAnswers,
} from "../../../test/exit-corpus.ts";
import { seeded } from "../../../test/seeded.ts";
import { formatMarkdown } from "../channels/format.ts";
import { CheckedText } from "./checked-text.ts";
import { LeakFinder } from "./leak-finder.ts";

const finder = new LeakFinder(fixtureIdentity, fixtureRules);
const shown = (text: string, language: "en" | "ru" = "en"): string =>
  CheckedText.check(formatMarkdown(text), (said) => finder.find(said), language).checked.text;

describe("the filter of what leaves", () => {
  it("stops 99 % of planted leaks, and says of what kind", () => {
    const answers = leakyAnswers();
    assert.ok(answers.length >= 300, `${answers.length}`);
    const missed = answers.filter(
      ({ text, leak, kind }) =>
        shown(text).includes(leak) || !finder.find(text).some((found) => found.kind === kind),
    );
    assert.deepEqual(
      missed.map(({ leak }) => leak),
      [],
    );
  });

  it("misses all of them for another machine, but for keys, traces and links", () => {
    const nobody = { ...fixtureIdentity, addresses: [], cards: [], hosts: [], users: [] };
    const other = new LeakFinder(
      { ...nobody, paths: [], hardware: [], systems: [], secrets: [] },
      {
        ...fixtureRules,
        hide: [],
      },
    );
    const kinds = new Set(
      leakyAnswers().flatMap(({ text }) => other.find(text).map(({ kind }) => kind)),
    );
    assert.deepEqual([...kinds].toSorted(), ["link", "secret", "trace"]);
  });

  it("leaves 99 % of clean answers alone", () => {
    const answers = cleanAnswers(seeded(7), 2_000);
    const touched = answers.filter((text) => finder.find(text).length > 0);
    assert.ok(touched.length / answers.length <= 0.01, JSON.stringify(touched.slice(0, 5)));
  });

  const cases: readonly [text: string, en: string, ru: string][] = [
    [
      "ssh annika@tundra-9 at 192.168.31.57:22.",
      "ssh [user name removed]@[host name removed] at [address removed]:22.",
      "ssh [имя пользователя убрано]@[имя машины убрано] at [адрес убран]:22.",
    ],
    [
      "Файл /home/annika/дела/план.md, карта RTX 4090.",
      "Файл [path removed], карта [hardware removed].",
      "Файл [путь убран], карта [оборудование убрано].",
    ],
    ["192.168.**31**.57", "[address removed]", "[адрес убран]"],
    [
      "an\u200Bni\u00ADka и аnnikа",
      "[user name removed] и [user name removed]",
      "[имя пользователя убрано] и [имя пользователя убрано]",
    ],
  ];
  for (const [text, en, ru] of cases)
    it(`marks ${JSON.stringify(text)} in the reader's language`, () => {
      assert.equal(shown(text, "en"), en);
      assert.equal(shown(text, "ru"), ru);
    });

  const kept = [
    "Annika Sörenstam",
    "annikas",
    "/home/annika2/x",
    "tundra-9.example.com",
    "my-tundra-9",
    "192.168.31.5",
    "192.168.31.570",
    "1.192.168.31.57",
    "10.77.4.20",
    "127.0.0.1 203.0.113.9",
    "18:2b:3c:4d:5e:60",
    "00:00:00:00:00:00",
    "/root and / and /tmp",
    "4090 рублей",
    "https://docs.vesna.net/?d=k".padEnd(100, "a1"),
  ];
  for (const text of kept) it(`keeps ${text}`, () => assert.equal(shown(text), text));

  it("lets a name pass that the owner keeps", () => {
    const keeping = new LeakFinder(fixtureIdentity, { ...fixtureRules, keep: ["Annika"] });
    assert.deepEqual(keeping.find("annika"), []);
    assert.equal(keeping.find("/home/annika/x").length, 1);
  });

  it("keeps styles on the words they were on", () => {
    const said = formatMarkdown("to **192.168.31.57** and *then* `annika` go");
    const { checked } = CheckedText.check(said, (text) => finder.find(text), "en");
    const styled = checked.styles.map(({ type, offset, length }) => [
      type,
      checked.text.slice(offset, offset + length),
    ]);
    assert.deepEqual(styled, [
      ["bold", "[address removed]"],
      ["italic", "then"],
      ["code", "[user name removed]"],
    ]);
  });

  it("takes a time that grows with the text alone", () => {
    const ms = (text: string): number => {
      const startMs = performance.now();
      finder.find(text);
      return performance.now() - startMs;
    };
    const hostile = [
      "a",
      "1.",
      "1:",
      "eyJ",
      "sk-",
      "/home/",
      " at ",
      "annik",
      'File "',
      "x\n    at ",
    ];
    for (const unit of hostile) {
      ms(unit.repeat(1_000));
      const took = ms(unit.repeat(100_000 / unit.length));
      assert.ok(took < 1_500, `${JSON.stringify(unit)} took ${took} ms`);
    }
  });
});
