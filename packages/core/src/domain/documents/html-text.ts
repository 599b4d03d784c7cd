import { decodeEntities } from "./html-entities.ts";
import { type HtmlToken, htmlTokens } from "./html-tokens.ts";

// What a reader of the page sees, as Markdown: headings, paragraphs, lists, tables and code keep their structure. What
// nobody sees is left out, because a model would read it: scripts, styles, comments, and elements hidden by an
// attribute or by a style of their own. Hiding by a style sheet is not recognised.

/** Elements whose content is no text of the page. */
const skipped: ReadonlySet<string> = new Set(
  "head title template svg math canvas object audio video iframe select datalist dialog".split(" "),
);
const voids: ReadonlySet<string> = new Set(
  "area base br col embed hr img input link meta param source track wbr".split(" "),
);
const blocks: ReadonlySet<string> = new Set(
  (
    "address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 " +
    "h4 h5 h6 header hr html li main menu nav ol p pre section summary table tbody tfoot thead tr ul"
  ).split(" "),
);
/** What an opening tag closes when it is still open, and the element in which that is looked for. */
const closes: ReadonlyMap<string, { readonly what: readonly string[]; readonly in: string }> =
  new Map([
    ["li", { what: ["li"], in: "ul ol menu" }],
    ["dt", { what: ["dt", "dd"], in: "dl" }],
    ["dd", { what: ["dt", "dd"], in: "dl" }],
    ["tr", { what: ["tr"], in: "table" }],
    ["td", { what: ["td", "th"], in: "tr table" }],
    ["th", { what: ["td", "th"], in: "tr table" }],
    ["option", { what: ["option"], in: "select" }],
  ]);
const hidingStyle =
  /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)|font-size\s*:\s*0)/iu;

/** Elements open within each other; what lies deeper counts as lying in the deepest. */
const depthMax = 512;

export interface HtmlText {
  readonly text: string;
  readonly title: string | undefined;
}

/** The visible text of a page as Markdown, and its title. Takes time linear in the length of the page. */
export function htmlText(html: string): HtmlText {
  const page = new Page();
  for (const token of htmlTokens(html)) page.take(token);
  return { text: page.text, title: page.title };
}

class Page {
  readonly #open: string[] = [];
  readonly #parts: string[] = [];
  /** How many elements were open when the outermost unseen one began, and the outermost whose spaces count. */
  #unseenFrom: number | undefined;
  #literalFrom: number | undefined;
  #title = "";
  /** Breaks that the next text starts with. */
  #breaks = 0;
  #prefix = "";
  /** Whether a space stands between what was written and what comes. */
  #space = false;

  get text(): string {
    return this.#parts.join("").trim();
  }

  get title(): string | undefined {
    const title = decodeEntities(this.#title).replaceAll(/\s+/gu, " ").trim();
    return title === "" ? undefined : title;
  }

  take(token: HtmlToken): void {
    if (token.kind === "text") this.#write(token.text);
    else if (token.kind === "open") this.#start(token);
    else this.#finish(token.name);
  }

  #start({ name, attributes }: Extract<HtmlToken, { readonly kind: "open" }>): void {
    this.#closeImplied(name);
    const isSeen = this.#unseenFrom === undefined;
    if (isSeen) this.#mark(name);
    if (voids.has(name) || this.#open.length >= depthMax) return;
    if (isSeen && (skipped.has(name) || isHidden(attributes))) this.#unseenFrom = this.#open.length;
    if (name === "pre") this.#literalFrom ??= this.#open.length;
    this.#open.push(name);
  }

  /** What an element's start writes. */
  #mark(name: string): void {
    if (name === "br") this.#break(1);
    else if (name === "td" || name === "th") {
      if (this.#breaks === 0) this.#prefix = " | ";
    } else if (blocks.has(name)) this.#break(this.#isTight(name) ? 1 : 2);
    if (/^h[1-6]$/u.test(name)) this.#prefix = `${"#".repeat(Number(name[1]))} `;
    if (name === "li") this.#prefix = "- ";
    if (name === "pre") this.#prefix = "```\n";
  }

  #finish(name: string): void {
    const at = this.#open.lastIndexOf(name);
    if (at === -1) return;
    const isSeen = this.#unseenFrom === undefined;
    this.#leave(at);
    if (!isSeen) return;
    if (name === "pre" && this.#prefix === "") {
      this.#parts.push("\n```");
      this.#break(2);
    } else if (blocks.has(name)) this.#break(this.#isTight(name) ? 1 : 2);
    if (blocks.has(name)) this.#prefix = "";
  }

  /** Rows and items stand line below line, and so does a list inside an item. */
  #isTight(name: string): boolean {
    return (
      name === "tr" || name === "li" || (/^(?:ul|ol)$/u.test(name) && this.#open.includes("li"))
    );
  }

  #leave(depth: number): void {
    this.#open.length = depth;
    if (this.#unseenFrom !== undefined && depth <= this.#unseenFrom) this.#unseenFrom = undefined;
    if (this.#literalFrom !== undefined && depth <= this.#literalFrom)
      this.#literalFrom = undefined;
  }

  #closeImplied(name: string): void {
    if (blocks.has(name) && this.#open.at(-1) === "p") this.#leave(this.#open.length - 1);
    // The body ends the head, whose own end tag may be left out.
    if (name === "body" && this.#open.at(-1) === "head") this.#leave(this.#open.length - 1);
    const rule = closes.get(name);
    if (rule === undefined) return;
    const bounds = rule.in.split(" ");
    for (let at = this.#open.length - 1; at >= 0; at -= 1) {
      const open = this.#open[at] ?? "";
      if (bounds.includes(open)) return;
      if (rule.what.includes(open)) return this.#leave(at);
    }
  }

  #break(lines: number): void {
    if (this.#literalFrom !== undefined) return void this.#parts.push(lines === 1 ? "\n" : "");
    this.#breaks = Math.max(this.#breaks, lines);
    this.#space = false;
  }

  #write(raw: string): void {
    if (this.#open.at(-1) === "title" && !this.#open.includes("svg")) this.#title += raw;
    if (this.#unseenFrom !== undefined) return;
    const text = decodeEntities(raw);
    if (this.#literalFrom !== undefined)
      return this.#put(this.#prefix === "" ? text : text.trimStart());
    const words = text.replaceAll(/\s+/gu, " ");
    if (words.startsWith(" ")) this.#space = true;
    if (words.trim() === "") return;
    const isFresh = this.#breaks > 0 || this.#prefix !== "";
    this.#put(`${this.#space && !isFresh ? " " : ""}${words.trim()}`);
    this.#space = words.endsWith(" ");
  }

  #put(text: string): void {
    if (text === "") return;
    const lead = this.#parts.length === 0 ? "" : "\n".repeat(this.#breaks);
    this.#parts.push(lead, this.#prefix, text);
    this.#breaks = 0;
    this.#prefix = "";
  }
}

function isHidden(attributes: string): boolean {
  if (attributes === "") return false;
  if (/(?:^|[\s"'])hidden(?:[\s=/]|$)/iu.test(attributes.replaceAll(/"[^"]*"|'[^']*'/gu, '""')))
    return true;
  if (/aria-hidden\s*=\s*["']?true/iu.test(attributes)) return true;
  const style = /(?:^|\s)style\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/iu.exec(attributes);
  return style !== null && hidingStyle.test(decodeEntities(style[1] ?? style[2] ?? style[3] ?? ""));
}
