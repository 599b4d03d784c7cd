import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { spelling } from "./spelling.ts";
import { en } from "./texts/en.ts";
import { ru } from "./texts/ru.ts";
import { translator } from "./texts/translate.ts";

const cases: readonly (readonly [
  called: string | undefined,
  home: string | undefined,
  line: string,
])[] = [
  [undefined, undefined, "adyton doctor"],
  ["", "", "adyton doctor"],
  ["./adyton", undefined, "./adyton doctor"],
  ["/usr/local/bin/adyton", undefined, "adyton doctor"],
  ["/opt/a b/adyton", undefined, "'/opt/a b/adyton' doctor"],
  ["./adyton", "/srv/node", "./adyton doctor --home /srv/node"],
  ["./adyton", "/srv/мой узел", "./adyton doctor --home '/srv/мой узел'"],
  ["./\u001b[2Jadyton", undefined, "./adyton doctor"],
];

describe("a command line in advice", () => {
  for (const [called, home, line] of cases)
    it(`is “${line}” when called as ${JSON.stringify(called)} with ${JSON.stringify(home)}`, () =>
      assert.equal(
        spelling({ PATH: "/usr/bin:/usr/local/bin", ADYTON_CALLED_AS: called }, home)("doctor"),
        line,
      ));

  it("is that of every text, in both languages", () => {
    const spell = spelling({ ADYTON_CALLED_AS: "./adyton" }, "/srv/a");
    for (const texts of [en, ru]) {
      const t = translator(texts, spell);
      assert.match(
        t("doctor.port_cure", { other: 7_861 }),
        / \.\/adyton up --port 7861 --home \/srv\/a$/,
      );
      assert.match(t("example.health"), /^\.\/adyton health\n\.\/adyton health --json$/);
    }
  });

  it("takes no command line from a value", () => {
    const t = translator(en, spelling({ ADYTON_CALLED_AS: "./adyton" }));
    assert.match(t("usage.unknown_command", { name: "{adyton up}" }), /“\{adyton up\}”/);
  });

  it("counts one and many", () => {
    const t = translator(en);
    assert.match(t("say.dropped", { count: 1 }), /: 1 earlier message\.\)/);
    assert.match(t("say.dropped", { count: 2 }), /: 2 earlier messages\.\)/);
    assert.equal(t("self.memory_counts", { documents: 0 }), "0 documents");
    assert.equal(translator(ru)("self.memory_counts", { documents: 1 }), "документов: 1");
  });
});
