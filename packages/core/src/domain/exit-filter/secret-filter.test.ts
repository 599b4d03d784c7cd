import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { opaqueText } from "../../../test/exit-corpus.ts";
import { withoutSecrets } from "./exit-filter.ts";
import { learnedSecretsMax, SecretFilter } from "./secret-filter.ts";
import { heldSecretCharsMax, SecretStream } from "./secret-stream.ts";

const own = [
  "k9f-Model-Key-77aa21",
  "пароль от склада",
  "p@ss$word!",
  "annika:ключ&замок",
  "eve:short",
  "bob:password",
  "https://shop.example",
];
const filter = new SecretFilter([...own, "short"], "en");
const pem = `-----BEGIN RSA PRIVATE KEY-----\n${opaqueText(64, 8)}\n${opaqueText(64, 9)}\n-----END RSA PRIVATE KEY-----`;
const web = `eyJ${opaqueText(17, 5)}.eyJ${opaqueText(60, 6)}.${opaqueText(43, 7)}`;
const secrets: readonly [name: string, secret: string][] = [
  ["a configured key", "k9f-Model-Key-77aa21"],
  ["a configured passphrase", "пароль от склада"],
  ["a configured password of signs", "p@ss$word!"],
  ["a configured login", "annika:ключ&замок"],
  ["a configured login's password alone", "ключ&замок"],
  ["a node's token", `adyton_${opaqueText(43, 1)}`],
  ["a bot's token", `7123456789:${opaqueText(35, 2)}`],
  ["an OpenAI key", `sk-proj-${opaqueText(48, 3)}`],
  ["a GitHub token", `ghp_${opaqueText(36, 4)}`],
  ["a GitLab token", `glpat-${opaqueText(20, 5)}`],
  ["a Hugging Face token", `hf_${opaqueText(34, 6)}`],
  ["a Slack token", `xoxb-${opaqueText(24, 7)}`],
  ["a webhook's secret", "whsec_a/b/c/d/e/f/g/h/i/j/k/l/m="],
  ["a Google key", `AIza${opaqueText(35, 8)}`],
  ["an Amazon key", "AKIAQ3ZT7YVN5WPLR2KD"],
  ["a key of age", `AGE-SECRET-KEY-1${opaqueText(58, 9).toUpperCase()}`],
  ["a web token", web],
  ["a private key", pem],
  ["a private key as JSON", JSON.stringify(pem).slice(1, -1)],
];
const frames: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => `The key is ${secret}.`,
  (secret) => `Ключ «${secret}», запомните.`,
  (secret) => `{"key": "${secret}"}`,
  (secret) => `a\n\`\`\`\nKEY=${secret}\n\`\`\`\n${secret} b`,
];

/** Everything that stays: addresses, hardware and paths are no secrets. */
const kept = [
  "192.168.31.57 /home/annika RTX 4090 tundra-9 18:2b:3c:4d:5e:6f",
  "https://evil.example/?d=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9 ![x](http://a.example/1)",
  "/command switch_mode RECURSIA",
  "export OPENAI_API_KEY=sk-...your-key...",
  "export OPENAI_API_KEY=sk-your-key-goes-here-please",
  "AKIAIOSFODNN7EXAMPLE",
  "550e8400-e29b-41d4-a716-446655440000 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
  "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
  "а_очень_длинное_имя_переменной_из_слов and_a_very_long_name_of_a_variable_made_of_words",
  "annika, eve and bob: a password at //shop.example",
  "short and 中文字符没有空格也会立刻出现",
];

function streamed(text: string, cuts: readonly number[]): string {
  const stream = new SecretStream(filter);
  let shown = "";
  let from = 0;
  const places = cuts.map((each) => each % (text.length + 1));
  for (const cut of [...places, text.length].toSorted((left, right) => left - right)) {
    shown += stream.feed(text.slice(from, cut));
    from = cut;
  }
  return shown + stream.end();
}

const perUnit = (text: string): readonly number[] =>
  Array.from({ length: text.length }, (_, at) => at);

it("names the longer of two secrets first, so that whoever takes out one after another leaves no end of one", () => {
  const changing = new SecretFilter(["olga:kettle-2"], "en");
  changing.learn("olga:kettle-2024");
  const { text } = withoutSecrets('{"a":"olga:kettle-2024","b":"kettle-2024"}', changing.own);
  assert.equal(text, '{"a":"[removed]","b":"[removed]"}');
});

describe("the filter of secrets", () => {
  for (const [name, secret] of secrets)
    it(`takes out ${name}, whole and in pieces`, () => {
      for (const frame of frames) {
        const wanted = frame(filter.mark);
        assert.equal(filter.redact(frame(secret)).text, wanted);
        assert.equal(streamed(frame(secret), perUnit(frame(secret))), wanted);
      }
    });

  for (const text of kept)
    it(`keeps ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.deepEqual(filter.redact(text), { text, removed: 0 });
      assert.equal(streamed(text, perUnit(text)), text);
    });

  it("counts, marks in the reader's language, and looks for no short secret", () => {
    const russian = new SecretFilter(["12345678", "1234567"], "ru");
    assert.deepEqual(russian.redact("12345678 и 1234567, 12345678"), {
      text: "[секрет убран] и 1234567, [секрет убран]",
      removed: 2,
    });
  });
});

describe("a secret that is learned", () => {
  const former = "former-Key-77aa21";
  const changed = "сменённый ключ, и новый";

  it("is taken out from then on, the former one too, also of a stream under way", () => {
    const learning = new SecretFilter([former], "ru");
    const stream = new SecretStream(learning);
    const text = `до ${former}, после ${changed}.`;
    const shown = stream.feed("до ");
    assert.equal(learning.redact(text).removed, 1, "the control: it is not known yet");
    learning.learn(changed);
    const wanted = "до [секрет убран], после [секрет убран].";
    assert.deepEqual(learning.redact(text), { text: wanted, removed: 2 });
    const pieces = perUnit(text.slice(3)).map((at) => stream.feed(text.charAt(3 + at)));
    assert.equal(shown + pieces.join("") + stream.end(), wanted);
  });

  it("changes the list of secrets once, and not at all when it is short or known", () => {
    const learning = new SecretFilter([former], "en");
    const given = learning.own;
    for (const known of [former, "1234567"]) learning.learn(known);
    assert.equal(learning.own, given);
    learning.learn("12345678");
    const once = learning.own;
    assert.deepEqual(once, [former, "12345678"]);
    learning.learn("12345678");
    assert.equal(learning.own, once);
  });

  it("is known until as many others as the limit were read later", () => {
    const learning = new SecretFilter([former], "en");
    const names = Array.from({ length: learnedSecretsMax }, (_, at) => `learned-${at}`);
    for (const name of names) learning.learn(name);
    assert.deepEqual(new Set(learning.own), new Set([former, ...names]));
    learning.learn("learned-0");
    learning.learn("one more");
    assert.deepEqual(
      new Set(learning.own),
      new Set([former, "one more", ...names.toSpliced(1, 1)]),
    );
  });
});

describe("a stream without secrets", () => {
  it("comes to what the whole text comes to, wherever it is cut", () => {
    const words = [
      "слово ",
      "word",
      " ",
      "\n",
      "é",
      "👩‍💻",
      "sk-",
      "-----",
      "-----BEGIN ",
      "пароль от ",
    ];
    const parts = [...words, ...secrets.map(([, secret]) => secret), ...kept];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...parts), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (some, cuts) => {
          const text = some.join("");
          assert.equal(streamed(text, cuts), filter.redact(text).text);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("shows what cannot become a secret at once", () => {
    const stream = new SecretStream(new SecretFilter(["k9f-Model-Key-77aa21"], "en"));
    assert.equal(stream.feed("Котёл об"), "Котёл об");
    assert.equal(stream.feed("служили. one two thr"), "служили. one two ");
    assert.equal(stream.feed("ee four"), "three ");
    assert.equal(stream.end(), "four");
    assert.equal(stream.end(), "");
  });

  it("holds no more than its limit", () => {
    const stream = new SecretStream(filter);
    const word = "x".repeat(heldSecretCharsMax);
    assert.equal(stream.feed(word), "");
    assert.equal(stream.feed("y"), `${word}y`);
  });

  it("holds a private key back until it is over", () => {
    const stream = new SecretStream(new SecretFilter([], "en"));
    assert.equal(stream.feed("key: -----BEGIN "), "key: ");
    assert.equal(stream.feed(pem.slice(11)), "");
    assert.equal(stream.feed("\nand more words"), `${filter.mark}\nand more `);
    assert.equal(
      stream.feed(" -----BEGIN CERTIFICATE-----\nMII \u2013 "),
      "words -----BEGIN CERTIFICATE-----\nMII \u2013 ",
    );
  });
});
