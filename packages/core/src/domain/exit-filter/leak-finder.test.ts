import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cleanAnswers, manualParagraphs } from "../../../test/exit-clean.ts";
import {
  endlessBeginnings,
  leakyAnswers,
  linkClasses,
  opaqueText,
  tells,
} from "../../../test/exit-corpus.ts";
import { figureMachines, machineRules, tuningMachines } from "../../../test/exit-machines.ts";
import { seeded } from "../../../test/seeded.ts";
import { formatMarkdown } from "../channels/format.ts";
import { CheckedText } from "./checked-text.ts";
import { LeakFinder } from "./leak-finder.ts";
import { processorMs } from "../../../test/processor-time.ts";

const [machine = assert.fail("there is no machine")] = Object.values(tuningMachines);
const finder = new LeakFinder(machine, machineRules);
const shownBy = (by: LeakFinder, text: string, language: "en" | "ru" = "en"): string =>
  CheckedText.check(formatMarkdown(text), (said) => by.find(said), language).checked.text;
const shown = (text: string, language: "en" | "ru" = "en"): string =>
  shownBy(finder, text, language);
const percent = (part: number, whole: number): string => `${((part / whole) * 100).toFixed(2)} %`;

describe("the filter of what leaves", () => {
  const groups = { "was mended for": tuningMachines, "never saw": figureMachines };
  for (const [which, machines] of Object.entries(groups))
    it(`stops 99 % of what is planted on machines that it ${which}`, (test) => {
      let planted = 0;
      const missed: string[] = [];
      for (const own of Object.values(machines)) {
        const by = new LeakFinder(own, machineRules);
        const answers = leakyAnswers(own);
        planted += answers.length;
        for (const answer of answers) {
          assert.ok(tells(answer.text, answer), `the control: ${answer.text}`);
          if (tells(shownBy(by, answer.text), answer)) missed.push(answer.leak);
        }
      }
      test.diagnostic(`${percent(planted - missed.length, planted)} of ${planted} leaks stopped`);
      assert.ok(planted >= 300 && Object.keys(figureMachines).length >= 6, `${planted}`);
      assert.ok(missed.length / planted <= 0.01, JSON.stringify([...new Set(missed)].slice(0, 9)));
    });

  it("leaves 99 % of clean answers alone", (test) => {
    let clean = 0;
    const touched: string[] = [];
    for (const [at, own] of Object.values(figureMachines).entries()) {
      const by = new LeakFinder(own, machineRules);
      const answers = [...cleanAnswers(seeded(at + 1), 1_000), ...manualParagraphs()];
      clean += answers.length;
      touched.push(...answers.filter((text) => by.find(formatMarkdown(text).text).length > 0));
    }
    test.diagnostic(`${percent(touched.length, clean)} of ${clean} clean answers touched`);
    assert.ok(touched.length / clean <= 0.01, JSON.stringify(touched.slice(0, 5)));
  });

  it("misses a machine's own words on another, but not keys, traces and links", () => {
    const nothing = { addresses: [], cards: [], hosts: [], users: [], paths: [] };
    const nobody = { ...nothing, hardware: [], systems: [], secrets: [] };
    const other = new LeakFinder(nobody, { ...machineRules, hide: [] });
    const kinds = new Set(
      leakyAnswers(machine).flatMap(({ text }) => other.find(text).map(({ kind }) => kind)),
    );
    assert.deepEqual([...kinds].toSorted(), ["link", "secret", "trace"]);
  });

  for (const [name, link] of Object.entries(linkClasses))
    it(`removes what carries something out: ${name}`, () => {
      const load = opaqueText(64, 10);
      const text = shown(`Look: ${link(load)}\nand tell me.`);
      assert.ok(text.includes("[link removed]") && !text.includes(load.slice(0, 12)), text);
      assert.ok(text.endsWith("and tell me."), text);
    });

  it("lets a link carry anything to a host that the owner named", () => {
    const load = opaqueText(64, 10);
    for (const host of ["docs.vesna.net", "ru.docs.vesna.net"])
      assert.equal(shown(`https://${host}/?d=${load}`), `https://${host}/?d=${load}`);
    for (const host of [
      "evildocs.vesna.net",
      "docs.vesna.net.evil.example",
      "docs.vesna.net@x.example",
    ])
      assert.equal(shown(`https://${host}/?d=${load}`), "[link removed]");
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
    // A neighbour in the household's network, and an IPv4 address in other clothes.
    ["2a0e:b107:27f0:12:4c1:9ff:fe00:1", "[address removed]", "[адрес убран]"],
    ["::ffff:51c8:115e", "[address removed]", "[адрес убран]"],
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
    "https://ru.wikipedia.org/wiki/%D0%A1%D0%B5%D1%80%D0%B2%D0%B5%D1%80?from=%D0%BF%D0%BE%D0%B8%D1%81%D0%BA%D0%B0%D0%B2%D1%81%D0%B5%D0%B3%D0%BE",
    "tg:ivan, tg://, t.me/adyton_bot?start=hello",
    "the 13th of May, 80GB of HBM3",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
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
    const keeping = new LeakFinder(machine, { ...machineRules, keep: ["Annika"] });
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

  it("lets no leak out as the language of a block of code", () => {
    const languages = ["ts", "192.168.31.57", "tundra-9", "annika"].map((language) => {
      const said = formatMarkdown(`\`\`\`${language}\nx\n\`\`\``);
      assert.equal(said.styles[0]?.language, language, "the control");
      return CheckedText.check(said, (text) => finder.find(text), "en").checked.styles[0]?.language;
    });
    assert.deepEqual(languages, ["ts", undefined, undefined, undefined]);
  });

  it("takes a time that grows with the text alone", () => {
    const ms = (text: string): number => processorMs(() => void finder.find(text));
    for (const unit of endlessBeginnings) {
      ms(unit.repeat(1_000));
      const took = ms(unit.repeat(100_000 / unit.length));
      assert.ok(took < 1_500, `${JSON.stringify(unit)} took ${took} ms`);
    }
  });
});
