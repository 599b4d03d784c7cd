import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { htmlText } from "./html-text.ts";
import { processorMs } from "../../../test/processor-time.ts";

const cases: ReadonlyArray<readonly [string, string, string]> = [
  [
    "headings and paragraphs",
    "<h1>Котёл</h1><p>Греет <b>воду</b>.<p>Heats water.",
    "# Котёл\n\nГреет воду.\n\nHeats water.",
  ],
  ["words that only tags divide", "<p>те<b>пло</b></p>", "тепло"],
  ["line breaks as spaces, and br as a line", "<p>one\n two<br>три</p>", "one two\nтри"],
  ["lists within each other", "<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n- b\n- c"],
  [
    "rows of tables",
    "<table><tr><th>Имя<th>Год<tr><td>Анна<td>1990</table>",
    "Имя | Год\nАнна | 1990",
  ],
  [
    "code as it stands",
    "<pre>let a;\n  let b = 1 &lt; 2;</pre>",
    "```\nlet a;\n  let b = 1 < 2;\n```",
  ],
  [
    "character references",
    "<p>&laquo;да&raquo; &#1076;&#x430; 3&nbsp;&euro; &unknown; &#0;</p>",
    "«да» да 3 € &unknown;",
  ],
  ["a mark that begins no tag", "<p>3 < 5 и <3</p>", "3 < 5 и <3"],
  ["a quoted mark inside a tag", '<a title="a > b">link</a>', "link"],
  ["a tag that nothing ends, as nothing", "text <a href=", "text"],
  ["nothing of an empty page", "", ""],
];

const unseen: ReadonlyArray<readonly [string, string]> = [
  ["scripts", "<script>if (1 < 2) { say('</p>secret') }</script>"],
  ["styles", "<style>p::after { content: 'secret' }</style>"],
  ["comments", "<!-- secret <p>secret</p> -->"],
  ["the head", "<head><meta name=x content=secret><base href=secret></head>"],
  ["hidden elements", "<div hidden>secret<p>secret</div>"],
  ["hidden elements, named otherwise", '<div data-a="b" hidden="">secret</div>'],
  ["what is hidden from screen readers", "<span aria-hidden='true'>secret</span>"],
  ["elements that are not displayed", '<p style="color:red; display : none">secret</p>'],
  ["invisible elements", "<p style='visibility:hidden'>secret</p>"],
  ["letters of no size", '<p style="font-size:0px">secret</p>'],
  ["transparent elements", '<p style="opacity: 0;">secret</p>'],
  ["templates and drawings", "<template>secret</template><svg><title>secret</title></svg>"],
  ["what only shows without scripts", "<noscript>secret</noscript>"],
  ["form values", "<textarea>secret</textarea><input value=secret><select><option>secret</select>"],
];

const seen: ReadonlyArray<readonly [string, string]> = [
  ["an attribute's value that is called hidden", '<p class="hidden">shown</p>'],
  ["what follows a hidden element", "<p hidden>x<p>shown"],
  ["what is nearly transparent", '<p style="opacity: 0.5">shown</p>'],
  ["what is hidden from nobody", "<p aria-hidden=false>shown</p>"],
];

describe("the text of a page", () => {
  for (const [what, html, text] of cases)
    it(`keeps ${what}`, () => assert.equal(htmlText(html).text, text));
  for (const [what, html] of unseen)
    it(`leaves out ${what}`, () =>
      assert.equal(htmlText(`<p>before</p>${html}<p>after</p>`).text, "before\n\nafter"));
  for (const [what, html] of seen)
    it(`shows ${what}`, () => assert.ok(htmlText(html).text.includes("shown")));

  it("has the page's title", () => {
    assert.equal(htmlText("<title>Котёл &amp;\n печь</title><h1>a</h1>").title, "Котёл & печь");
    assert.equal(htmlText("<svg><title>no</title></svg>").title, undefined);
  });

  // Each of these takes a program minutes that looks for an end again and again; this takes a second for all on a slow machine.
  for (const part of [
    "<",
    "<a ",
    '<a x="',
    "<!--",
    "<li>",
    "</li>",
    "&",
    "<script",
    " ",
    "<td>",
    "<div>",
  ])
    it(`takes time in proportion to ${JSON.stringify(part)} repeated`, () => {
      const text = part.repeat(1_000_000 / part.length);
      assert.ok(processorMs(() => void htmlText(text)) < 5_000);
    });
});
