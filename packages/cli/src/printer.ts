import {
  clipToColumns,
  describeTerminal,
  startProgress,
  type Progress,
  type Style,
  type Terminal,
  type TerminalStream,
} from "@adyton/runtime/terminal";
import type { Failure } from "./failure.ts";

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

/** Columns of a line that has no terminal; whole texts are there with `--json`. */
export const pipeColumnsMax = 240;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the command line writes: results to the standard output, everything about them to the standard error, so that
 * a pipe gets results alone. Text of others must have gone through `plainText` before it comes here.
 */
export class Printer {
  readonly #out: TerminalStream;
  readonly #errors: TerminalStream;
  readonly terminal: Terminal;
  readonly #errorTerminal: Terminal;
  readonly json: boolean;

  constructor(streams: {
    readonly out: TerminalStream;
    readonly errors: TerminalStream;
    readonly env: Environment;
    readonly json: boolean;
  }) {
    this.#out = streams.out;
    this.#errors = streams.errors;
    this.terminal = describeTerminal(streams.out, streams.env);
    this.#errorTerminal = describeTerminal(streams.errors, streams.env);
    this.json = streams.json;
  }

  line(text = ""): void {
    this.#out.write(`${text}\n`);
  }

  /** A piece of a line, as it comes. */
  piece(text: string): void {
    this.#out.write(text);
  }

  paint(style: Style, text: string): string {
    return this.terminal.paint(style, text);
  }

  /** One value: a line for a program, indented for a person. */
  value(value: unknown): void {
    this.line(jsonText(value, this.terminal.interactive ? 2 : 0));
  }

  /** A remark on what is going on. */
  note(text: string, style: Style = "dim"): void {
    this.#errors.write(`${this.#errorTerminal.paint(style, text)}\n`);
  }

  failure(failure: Failure): void {
    if (this.json) this.value({ error: failureData(failure) });
    const terminal = this.#errorTerminal;
    const name = terminal.paint("red", "adyton:");
    const lines = [`${name} ${terminal.paint("bold", failure.message)}`];
    if (failure.detail !== undefined) lines.push(failure.detail);
    if (failure.advice !== undefined)
      lines.push(`${terminal.paint("cyan", "→")} ${failure.advice}`);
    this.#errors.write(`${lines.join("\n")}\n`);
  }

  progress(): Progress {
    return startProgress(this.#errors);
  }

  /** Columns as wide as their widest cell; those named in `right` are aligned to the right. */
  table(rows: readonly (readonly Cell[])[], right: ReadonlySet<number> = new Set()): void {
    const widths: number[] = [];
    for (const row of rows)
      for (const [index, { text }] of row.entries())
        widths[index] = Math.max(widths[index] ?? 0, columnsOf(text));
    for (const row of rows) {
      const cells = row.map(({ text, style }, index) => {
        const gap = " ".repeat((widths[index] ?? 0) - columnsOf(text));
        const shown = style === undefined ? text : this.paint(style, text);
        return right.has(index) ? `${gap}${shown}` : `${shown}${gap}`;
      });
      this.line(cells.join("  ").trimEnd());
    }
  }

  /** Cut to the terminal's width, or to what a person still reads in a file or a pipe. */
  clip(text: string): string {
    const { interactive, columns } = this.terminal;
    return clipToColumns(text, interactive ? columns : pipeColumnsMax);
  }
}

/** JSON without a character that a terminal obeys or that turns text round: JSON itself escapes C0 controls only. */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value ?? null, null, indent).replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function failureData({ code, message, detail, advice, data }: Failure): unknown {
  return data ?? { code, title: message, detail, advice };
}

function columnsOf(text: string): number {
  return [...new Intl.Segmenter().segment(text)].length;
}
