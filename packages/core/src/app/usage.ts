import { type Bilingual, grantCovers, type Usage } from "@adyton/protocol";
import type { Principal } from "../ports/http.ts";
import type { StatePort } from "../ports/journal.ts";

const daysDefault = 30;
const dayMs = 86_400_000;

/** What was used in the last days: everything for `admin`, a caller's own otherwise. */
export function usageOf(
  state: StatePort,
  caller: Principal,
  query: { readonly nowMs: number; readonly days?: number | undefined },
): Usage {
  const since = new Date(query.nowMs - ((query.days ?? daysDefault) - 1) * dayMs)
    .toISOString()
    .slice(0, 10);
  const actor = grantCovers(caller.grants, "admin") ? null : caller.id;
  return {
    since,
    rows: state.usage(since, actor).map((row) => ({
      principal: row.actor,
      day: row.day,
      messages: row.messages,
      failed: row.failed,
      promptTokens: row.prompt_tokens,
      completionTokens: row.completion_tokens,
      ms: row.ms,
    })),
  };
}

/** The tokens that a principal's turns of this day took, by UTC. */
export function tokensToday(state: StatePort, principal: string, nowMs: number): number {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  return state
    .usage(today, principal)
    .reduce((sum, row) => sum + row.prompt_tokens + row.completion_tokens, 0);
}

/** A line for each principal and day. */
export function usageInWords(usage: Usage, language: keyof Bilingual): string {
  if (usage.rows.length === 0)
    return { en: "Nothing was used.", ru: "Ничего не израсходовано." }[language];
  const line = {
    en: (row: Usage["rows"][number]) =>
      `${row.day} ${row.principal}: ${row.messages} messages, ${row.promptTokens} + ${row.completionTokens} tokens, ${(row.ms / 1000).toFixed(1)} s`,
    ru: (row: Usage["rows"][number]) =>
      `${row.day} ${row.principal}: сообщений ${row.messages}, токенов ${row.promptTokens} + ${row.completionTokens}, ${(row.ms / 1000).toFixed(1)} с`,
  }[language];
  return usage.rows.map(line).join("\n");
}
