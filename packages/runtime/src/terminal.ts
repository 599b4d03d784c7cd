import { systemClock, type Clock } from "./clock.ts";

const columnsDefault = 80;
/** Without a terminal a progress line is a log line; this is how rarely one is written. */
export const progressEveryMs = 10_000;

/** The part of a stream that this file needs; `process.stderr` is one. */
export interface TerminalStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

type Environment = Readonly<Record<string, string | undefined>>;

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Style = keyof typeof codes;

export interface Terminal {
  readonly interactive: boolean;
  readonly columns: number;
  /** The text in a style, or the text alone where colours are not wanted. */
  paint(style: Style, text: string): string;
}

/** Colours only on a terminal, and never with `NO_COLOR` set (no-color.org) or `TERM=dumb`. */
export function describeTerminal(stream: TerminalStream, env: Environment = process.env): Terminal {
  const interactive = stream.isTTY === true;
  const coloured = interactive && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return {
    interactive,
    columns: stream.columns !== undefined && stream.columns > 0 ? stream.columns : columnsDefault,
    paint: (style, text) => (coloured ? `\u001b[${codes[style]}m${text}\u001b[0m` : text),
  };
}

export interface Progress extends Disposable {
  update(text: string): void;
}

/**
 * One line that is rewritten in place on a terminal and cleared at the end. Elsewhere it stays silent for ten seconds,
 * then writes a line at most every ten seconds: a short wait leaves no trace in a log, a long one is not mute.
 */
export function startProgress(stream: TerminalStream, clock: Clock = systemClock): Progress {
  const { interactive, columns } = describeTerminal(stream);
  let writtenMs = clock.monotonicMs();
  let shown = false;
  return {
    update(text) {
      const line = clipToColumns(text.replaceAll(/\p{Cc}+/gu, " "), columns - 1);
      if (interactive) {
        stream.write(`\r\u001b[2K${line}`);
        shown = true;
      } else if (clock.monotonicMs() - writtenMs >= progressEveryMs) {
        writtenMs = clock.monotonicMs();
        stream.write(`${line}\n`);
      }
    },
    [Symbol.dispose]() {
      if (shown) stream.write("\r\u001b[2K");
      shown = false;
    },
  };
}

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\u{20000}-\u{3fffd}]/u;

/** Cuts a text to a width in columns; Chinese, Japanese, Korean and emoji take two, and none is cut in half. */
export function clipToColumns(text: string, columns: number): string {
  let used = 0;
  let clipped = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += wide.test(segment) ? 2 : 1;
    if (used > columns) return `${clipped}…`;
    // The last column is kept for the mark that something was cut.
    if (used < columns) clipped += segment;
  }
  return text;
}
