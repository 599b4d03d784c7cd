export type HtmlToken =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "open"; readonly name: string; readonly attributes: string }
  | { readonly kind: "close"; readonly name: string };

/** Elements whose content is no markup, and is none of the page's text. */
const raw = /^(?:script|style|noscript|noembed|noframes|xmp|plaintext|textarea)$/u;

/**
 * The tags and texts of a page, in order, comments and scripts left out. It reads what browsers read and refuses
 * nothing: a mark that begins no tag is text.
 */
export function* htmlTokens(html: string): Generator<HtmlToken> {
  let textFrom = 0;
  for (let at = html.indexOf("<"); at !== -1;) {
    const read = readMarkup(html, at);
    if (read === undefined) {
      at = html.indexOf("<", at + 1);
      continue;
    }
    if (at > textFrom) yield { kind: "text", text: html.slice(textFrom, at) };
    if (read.token !== undefined) yield read.token;
    textFrom = read.end;
    at = html.indexOf("<", read.end);
  }
  if (textFrom < html.length) yield { kind: "text", text: html.slice(textFrom) };
}

interface Markup {
  readonly end: number;
  readonly token?: HtmlToken;
}

function readMarkup(html: string, at: number): Markup | undefined {
  if (html.startsWith("<!--", at)) return { end: after(html, "-->", at + 4) };
  const next = html[at + 1] ?? "";
  if (next === "!" || next === "?") return { end: after(html, ">", at + 2) };
  const isClose = next === "/";
  const nameFrom = isClose ? at + 2 : at + 1;
  if (!/[a-zA-Z]/u.test(html[nameFrom] ?? "")) return undefined;
  const end = tagEnd(html, nameFrom);
  const inside = html.slice(nameFrom, end).replace(/>$/u, "");
  const nameLength = inside.search(/[\s/]/u);
  const name = (nameLength === -1 ? inside : inside.slice(0, nameLength)).toLowerCase();
  if (isClose) return { end, token: { kind: "close", name } };
  if (raw.test(name)) return { end: rawEnd(html, name, end) };
  const attributes = nameLength === -1 ? "" : inside.slice(nameLength).trim();
  return { end, token: { kind: "open", name, attributes } };
}

/** Where a tag ends: a mark inside the quotation marks of an attribute ends none. What nothing ends is all tag. */
function tagEnd(html: string, from: number): number {
  let quote = "";
  for (let at = from; at < html.length; at += 1) {
    const mark = html[at] ?? "";
    if (quote !== "") {
      if (mark === quote) quote = "";
    } else if (mark === ">") return at + 1;
    else if (
      (mark === '"' || mark === "'") &&
      /=\s*$/u.test(html.slice(Math.max(from, at - 8), at))
    )
      quote = mark;
  }
  return html.length;
}

function rawEnd(html: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}[\\s/>]`, "giu");
  closing.lastIndex = from;
  const found = closing.exec(html);
  return found === null ? html.length : after(html, ">", found.index);
}

function after(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from);
  return at === -1 ? html.length : at + mark.length;
}
