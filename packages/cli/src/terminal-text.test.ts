import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainLine, plainText, stringCharsMax, TerminalText } from "./terminal-text.ts";

const cases: readonly (readonly [name: string, hostile: string, plain: string])[] = [
  ["plain English", "Hello, world.\n\tTab", "Hello, world.\n\tTab"],
  ["plain Russian", "Привет, мир: ёж — «да»…", "Привет, мир: ёж — «да»…"],
  ["emoji and Chinese", "👩‍🚀 漢字", "👩‍🚀 漢字"],
  ["a colour", "a\u001b[31mred\u001b[0mb", "aredb"],
  ["clearing the screen", "a\u001b[2J\u001b[Hb", "ab"],
  ["a window title", "a\u001b]0;owned\u0007b", "ab"],
  ["a title closed by ST", "a\u001b]0;owned\u001b\\b", "ab"],
  ["a clipboard write", "a\u001b]52;c;cm0gLXJm\u0007b", "ab"],
  ["a hyperlink", "\u001b]8;;http://evil\u001b\\text\u001b]8;;\u001b\\", "text"],
  ["a device control string", 'a\u001bP$q"p\u001b\\b', "ab"],
  ["an application command", "a\u001b_secret\u001b\\b", "ab"],
  ["eight-bit CSI", "a\u009b31mb", "ab"],
  ["eight-bit OSC", "a\u009d0;owned\u009cb", "ab"],
  ["a character set", "a\u001b(0b", "ab"],
  ["a reset", "a\u001bcb", "ab"],
  ["a return that overwrites", "good\rbad", "goodbad"],
  ["Windows line breaks", "a\r\nb", "a\nb"],
  ["backspaces and a bell", "a\b\b\u0007b", "ab"],
  ["delete and null", "a\u007f\u0000b", "ab"],
  ["a title that never ends, up to its line", "a\u001b]0;owned\nb", "a\nb"],
  ["an escape before a letter of Cyrillic", "a\u001bЖ", "aЖ"],
  ["a sequence broken by an escape", "a\u001b[3\u001b[1mb", "ab"],
  ["a direction turned round", "pay \u202etxt.exe\u202c now", "pay txt.exe now"],
  ["isolates in Russian", "дай \u2066ему\u2069 \u200fда\u200e", "дай ему да"],
  ["separators of lines and paragraphs", "one\u2028два\u2029three", "oneдваthree"],
  ["an override behind an escape", "a\u001b\u202eb", "ab"],
  ["a lone escape at the end", "a\u001b", "a"],
];

describe("the terminal filter", () => {
  for (const [name, hostile, plain] of cases)
    it(`takes out ${name}`, () => assert.equal(plainText(hostile), plain));

  for (const [name, hostile, plain] of cases)
    it(`gives the same for ${name} cut anywhere`, () => {
      for (let cut = 0; cut <= hostile.length; cut += 1) {
        // A stream is cut between characters: its decoder keeps halves back.
        if (/[\ud800-\udbff]$/.test(hostile.slice(0, cut))) continue;
        const filter = new TerminalText();
        assert.equal(filter.plain(hostile.slice(0, cut)) + filter.plain(hostile.slice(cut)), plain);
      }
    });

  it("swallows an unclosed string up to its limit and no further", () => {
    const opened = `\u001b]${"x".repeat(stringCharsMax)}`;
    assert.equal(plainText(opened), "");
    assert.equal(plainText(`${opened}yz`), "z");
  });

  it("leaves no control character of any kind", () => {
    const all = Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code));
    for (const first of all)
      for (const second of all)
        assert.doesNotMatch(plainText(`\u001b${first}${second}`), /[^\P{Cc}\n\t]/u);
  });

  it("takes out every character that turns text round, and none beside them", () => {
    const at = (code: number) => plainText(`я${String.fromCodePoint(code)}z`);
    const ranges = [
      [0x061c, 0x061c],
      [0x200e, 0x200f],
      [0x2028, 0x202e],
      [0x2066, 0x2069],
    ] as const;
    for (const [first, last] of ranges) {
      for (let code = first; code <= last; code += 1) assert.equal(at(code), "яz");
      for (const beside of [first - 1, last + 1])
        assert.equal(at(beside), `я${String.fromCodePoint(beside)}z`);
    }
  });

  it("makes one line", () => assert.equal(plainLine(" a\n\u001b[1mb\t c "), "a b c"));
});
