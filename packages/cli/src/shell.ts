import type { Language } from "@adyton/runtime/language";
import type { Client } from "./client.ts";
import type { Options } from "./options.ts";
import type { Printer } from "./printer.ts";
import type { Translate } from "./texts/translate.ts";

/** What a command is handed: where it runs and how it speaks. */
export interface Shell {
  readonly home: string;
  readonly port: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly language: Language;
  readonly t: Translate;
  readonly print: Printer;
  /** A client of the node, loaded on the first use; `last` is the port where the node was until now. */
  client(last?: number): Promise<Client>;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly options: Options;
}

/** A command's body; returns the exit code. */
export type CommandBody = (shell: Shell, invocation: Invocation) => Promise<number>;
