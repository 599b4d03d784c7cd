// A scanner of TypeScript that is just good enough for house rules: it tells code from comments, strings and regular
// expressions. TypeScript 7 offers no syntax tree to programs, and a parser would be a dependency for one test.

const regexMayFollow =
  /(?:[=(,:;!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void))\s*$/;

/**
 * The same text with every comment, and the inside of every string, template and regular expression, replaced by
 * spaces. Offsets and line breaks stay, so that a place found in the result is the same place in the text.
 */
export function blankText(text: string): string {
  const pieces: string[] = [];
  // For each open `${` of a template: how many braces are open inside it.
  const substitutions: number[] = [];
  let at = 0;
  const take = (end: number, blank: (part: string) => string) => {
    pieces.push(blank(text.slice(at, end)));
    at = end;
  };
  // From `at`, a backtick or the brace that closes a substitution, to the next `${` or the closing backtick.
  const template = () => {
    let end = at + 1;
    while (end < text.length && text[end] !== "`" && !text.startsWith("${", end))
      end += text[end] === "\\" ? 2 : 1;
    if (text[end] === "$") {
      substitutions.push(0);
      end += 1;
    }
    take(Math.min(end + 1, text.length), inside);
  };
  while (at < text.length) {
    const character = text[at];
    const open = substitutions.length - 1;
    if (text.startsWith("//", at) || (at === 0 && text.startsWith("#!")))
      take(match(/[^\n]*/y, text, at), spaces);
    else if (text.startsWith("/*", at)) take(match(/\/\*[^]*?(?:\*\/|$)/y, text, at), spaces);
    else if (character === '"') take(match(/"(?:\\[^]|[^"\\\n])*"?/y, text, at), inside);
    else if (character === "'") take(match(/'(?:\\[^]|[^'\\\n])*'?/y, text, at), inside);
    else if (character === "`") template();
    else if (character === "/" && regexMayFollow.test(pieces.slice(-8).join("").slice(-40)))
      take(match(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/?/y, text, at), inside);
    else if (character === "{" && open >= 0) {
      substitutions[open] = (substitutions[open] ?? 0) + 1;
      take(at + 1, String);
    } else if (character === "}" && open >= 0 && substitutions[open] === 0) {
      substitutions.pop();
      template();
    } else if (character === "}" && open >= 0) {
      substitutions[open] = (substitutions[open] ?? 1) - 1;
      take(at + 1, String);
    } else take(match(/[^/"'`{}]+|[^]/y, text, at), String);
  }
  return pieces.join("");
}

const spaces = (part: string) => part.replace(/[^\n]/g, " ");

const inside = (part: string) =>
  part.length < 2
    ? part
    : part.charAt(0) + spaces(part.slice(1, -1)) + part.charAt(part.length - 1);

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + Math.max(1, pattern.exec(text)?.[0].length ?? 1);
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Static and dynamic imports, re-exports, and worker files named by `new URL("./x.ts", import.meta.url)`. */
export function importsOf(text: string, code: string): Import[] {
  const pattern =
    /(?:\bfrom|\bimport\s*\(?|\brequire\s*\(|\bnew URL\((?="[^"]*",\s*import\.meta\.url))\s*"( *)"/g;
  return [...code.matchAll(pattern)].map((found) => {
    const end = found.index + found[0].length - 1;
    const written = text.slice(end - (found[1]?.length ?? 0), end);
    // A URL without a dot is relative all the same.
    const isUrl = found[0].startsWith("new") && /^[\w-]/.test(written);
    return {
      specifier: isUrl ? `./${written}` : written,
      line: lineAt(text, found.index + found[0].indexOf('"')),
    };
  });
}

/** The line, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1))
    line += 1;
  return line;
}
