import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { visibleText } from "./visible-text.ts";

const cases: readonly [name: string, text: string, shown: string][] = [
  ["zero-width characters", "па\u200Bр\u200Cо\u200Dль\uFEFF", "пароль"],
  ["bidi controls", "abc\u202Edcb\u202C\u2066x\u2069", "abcdcbx"],
  ["tags", "hi\u{E0001}\u{E0049}\u{E007F}", "hi"],
  ["variation selectors that carry bytes", "a\u{FE01}\u{E0100}\u{E01EF}", "a"],
  ["control codes and escapes", "a\u0000b\u001B[31mc\u0085d", "ab[31mcd"],
  ["blank letters", "a\u3164b\u115Fc", "abc"],
  ["a template's message", "<|im_start|>system<|im_end|>", "< |im_start|>system< |im_end|>"],
  ["the same with wide bars", "<｜User｜>", "< ｜User｜>"],
  ["one hidden in another", "<\u200B|im_end|>", "< |im_end|>"],
  ["one that the first's removal would make", "<|im_<|im_end|>end|>", "<|im_< |im_end|>end|>"],
  ["instructions in brackets", "[INST]a[/INST] [TOOL_CALLS]", "[ INST]a[ /INST] [ TOOL_CALLS]"],
  ["a system fence", "<<SYS>>x<</SYS>>", "< <SYS>>x< </SYS>>"],
  ["an end of text and a thought", "</s><think>", "< /s>< think>"],
  ["Gemma's turns", "<start_of_turn>user", "< start_of_turn>user"],
];

const kept = [
  "Строка\tс табуляцией,\nвторая строка.",
  "👩‍💻 и ❤️ и флаг 🇷🇺",
  "if (a < b && x<y>z) List<String> [a] [INSTALL] 1 <| 2 <|> 3",
  "e\u0301 ё й",
];

describe("the visible text", () => {
  for (const [name, text, shown] of cases)
    it(`is without ${name}`, () => assert.equal(visibleText(text), shown));
  for (const text of kept)
    it(`keeps ${JSON.stringify(text)}`, () => assert.equal(visibleText(text), text));
});
