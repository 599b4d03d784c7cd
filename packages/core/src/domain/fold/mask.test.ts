import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { maskedWords, shownText, visibleText } from "./mask.ts";

const masked = (text: string): string => maskedWords(text).join(" ");

const cases: ReadonlyArray<[name: string, text: string, template: string]> = [
  ["a number", "took 42 tries", "took <num> tries"],
  ["a number with a unit", "after 15.5ms and 3GB", "after <num> and <num>"],
  ["a percentage", "disk at 97%, full", "disk at <num>, full"],
  ["a UUID", "job 550e8400-e29b-41d4-a716-446655440000 done", "job <uuid> done"],
  ["a hexadecimal address", "at 0x7ffd12ab", "at <hex>"],
  ["a commit", "deployed 9fceb02d0ae598e95dc970b7", "deployed <hex>"],
  ["an IPv4 address", "from 192.168.1.17", "from <ip>"],
  ["an IPv4 address with a port", "to 10.0.0.1:5432, refused", "to <ip>, refused"],
  ["a network", "route 10.0.0.0/8 added", "route <ip> added"],
  ["an IPv6 address", "from 2001:db8::8a2e:370:7334", "from <ip>"],
  ["an IPv6 address in brackets", "to [fe80::1]:8080", "to <ip>"],
  ["a MAC address", "lease of 00:1a:2B:3c:4d:5e", "lease of <mac>"],
  ["an e-mail address", "mail to ivan.petrov@example.com.", "mail to <email>."],
  ["a Cyrillic e-mail address", "письмо для иван@почта.рф", "письмо для <email>"],
  ["a URL", "GET https://user:pw@host.example/x?token=1 failed", "GET <url> failed"],
  ["a host's name", "lookup db1.corp.internal failed", "lookup <host> failed"],
  ["a path", "cannot open /home/ivan/.ssh/id_rsa", "cannot open <path>"],
  ["a path in the home folder", "read ~/notes/a", "read <path>"],
  ["a Windows path", "cannot open C:\\Users\\ivan\\a.txt", "cannot open <path>"],
  ["a relative path", "module src/app/main not found", "module <path> not found"],
  ["a quoted text", 'cannot parse "order 17" here', "cannot parse <str> here"],
  ["a text in single quotes", "key 'user:1' is gone", "key <str> is gone"],
  ["a text in Russian quotes", "файл «отчёт за май» не найден", "файл <str> не найден"],
  ["an apostrophe, which quotes nothing", "can't open, won't retry", "can't open, won't retry"],
  ["a time", "at 2026-11-20T10:00:00.123Z precisely", "at <time> precisely"],
  ["a date and a time", "since 2026-11-20 10:00:00 on", "since <time> on"],
  ["a name with a number", "worker-17 stopped", "<*> stopped"],
  ["a pair", "status=502 upstream=10.0.0.1", "status=<num> upstream=<ip>"],
  ["a password", "login with password=hunter2 failed", "login with password=<secret> failed"],
  ["a password in words", "password hunter2! is wrong", "password <secret> is wrong"],
  ["a Russian password", "вход, пароль: тайна42", "вход, пароль: <secret>"],
  ["a key in JSON", 'sent {"api_key": "abcdef", "n": 1}', "sent {<str>: <secret>, <str>: <num>}"],
  ["a bearer", "Authorization: Bearer abc.def-ghi", "Authorization: <secret>"],
  ["a cookie", "Cookie: sid=abc; theme=dark", "Cookie: <secret>"],
  ["a JSON web token", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "got <secret>"],
  ["a key of a cloud", "using AKIAIOSFODNN7EXAMPLE now", "using <secret> now"],
  ["a token of a code host", "push by ghp_0123456789abcdefABCDEF", "push by <secret>"],
  ["a token of a bot", "bot 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw up", "bot <secret> up"],
  ["a token of the node", "caller sent adyton_abcdefghijklmnop", "caller sent <secret>"],
  ["an opaque word", "state abcdefghijklmnopqrstuvwxyzABCDEFGHIJ kept", "state <*> kept"],
  ["words alone, in both languages", "disk full, диск заполнен", "disk full, диск заполнен"],
  ["colours of a terminal", "\u001b[31mfailed\u001b[0m at last", "failed at last"],
  ["characters nobody sees", "fai\u200bled \u202eat last\u{e0041}", "failed at last"],
];

describe("masking", () => {
  for (const [name, text, template] of cases)
    it(`masks ${name}`, () => assert.equal(masked(text), template));

  it("leaves nothing of a secret or an address in what is shown", () => {
    for (const [, text] of cases) {
      const shown = shownText(text, 300);
      for (const word of [
        "hunter2",
        "тайна42",
        "abc.def",
        "AKIA",
        "ghp_",
        "AAHdq",
        "eyJ",
        "adyton_a",
      ])
        assert.ok(!shown.includes(word), shown);
      for (const word of ["192.168", "10.0.0", "db8::", "1a:2B", "@", "ivan/", "corp.internal"])
        assert.ok(!shown.includes(word), shown);
    }
  });

  it("shows what a person needs: words in quotes and short numbers", () => {
    assert.equal(
      shownText('exit code 137 of "ночная выгрузка" at 10.0.0.1, id 123456789', 300),
      'exit code 137 of "ночная выгрузка" at <ip>, id <num>',
    );
  });

  it("cuts what is shown at its limit, never within a character", () => {
    assert.equal(shownText("x".repeat(20), 20), "x".repeat(20));
    assert.equal(shownText("y".repeat(21), 20).length, 20);
    assert.ok(shownText(`${"z".repeat(19)}😀`, 20).isWellFormed());
  });

  it("keeps visible text as it is", () => {
    assert.equal(visibleText("Ёж — hedgehog 🦔"), "Ёж — hedgehog 🦔");
  });

  it("looks at so many words and no more", () => {
    assert.equal(maskedWords("a ".repeat(128)).length, 128);
    assert.equal(maskedWords("a ".repeat(129)).length, 128);
  });
});
