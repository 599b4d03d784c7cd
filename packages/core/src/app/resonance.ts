import type { Bilingual, ResonanceResult } from "@adyton/protocol";
import { commandSpec } from "../domain/commands/command-text.ts";
import {
  aliasOf,
  intentIn,
  intentQuestion,
  type ReadOnlyCommand,
  readOnlyCommands,
} from "../domain/commands/intent.ts";
import type { BackendPool } from "./backend-pool.ts";
import type { Execution, Outcome } from "./conversation-commands.ts";
import { ProbeCalls } from "./mirror/probe-calls.ts";
import { mayCommand } from "./permissions.ts";

/** Milliseconds in which the model says what a text means. */
const intentMsMax = 30_000;

interface ResonanceOptions {
  readonly backends: BackendPool;
  readonly language: keyof Bilingual;
  /** Executes a command that changes nothing, as whoever asks. */
  readonly execute: (command: ReadOnlyCommand) => Promise<Pick<Outcome, "text" | "data">>;
}

/**
 * Leads a free text to the command it asks for: by a known phrase, else by one question to the model. Only commands that
 * change nothing can come out of it, and only those the caller may use; for everything else it asks back.
 */
export async function resonate(
  { backends, language, execute }: ResonanceOptions,
  text: string,
  { key, principal }: Execution,
): Promise<Outcome> {
  const offered = readOnlyCommands.filter((name) => mayCommand(principal, commandSpec(name)));
  const alias = offered.find((name) => name === aliasOf(text));
  const command = alias ?? (await askModel({ backends, language, key }, text, offered));
  const base = { offered: [...offered] };
  if (command === undefined) {
    const data: ResonanceResult = { command: null, by: null, ...base, result: null };
    return { text: askedBack(offered, language), data };
  }
  const by = alias === undefined ? "model" : "phrase";
  const { text: said, data: result } = await execute(command);
  const data: ResonanceResult = { command, by, ...base, result };
  return { text: said, data };
}

async function askModel(
  {
    backends,
    language,
    key,
  }: Pick<ResonanceOptions, "backends" | "language"> & { readonly key: string },
  text: string,
  offered: readonly ReadOnlyCommand[],
): Promise<ReadOnlyCommand | undefined> {
  if (backends.slots === 0) return undefined;
  const signal = AbortSignal.timeout(intentMsMax);
  const calls = new ProbeCalls({ backends, conversation: key, signal, callsMax: 1 });
  const answer = await calls.put({ role: "chat" }, () => intentQuestion(text, offered, language));
  return answer === undefined ? undefined : intentIn(answer, offered);
}

function askedBack(offered: readonly ReadOnlyCommand[], language: keyof Bilingual): string {
  const head: Bilingual = {
    en: "I do not know what you ask for. This way I can only look at things and change none:",
    ru: "Не понимаю, о чём просьба. Так можно только посмотреть, но ничего не изменить:",
  };
  const lines = offered.map((name) => {
    const { example, summary } = commandSpec(name);
    return `${example} — ${summary[language]}`;
  });
  return [head[language], ...lines].join("\n");
}
