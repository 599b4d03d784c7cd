import type { Fault } from "./fault.ts";
import type { GenerationRequest } from "./generation-request.ts";
import type { Reply, ReplyFunction } from "./reply.ts";

export const rulesMax = 1_000;

/** A rule answers a request when every condition it states holds; the first such rule wins. */
export interface Rule {
  /** On the last user text. */
  readonly text?: RegExp;
  /** On the system and developer texts together. */
  readonly system?: RegExp;
  /** The exact model, or an expression on its name. */
  readonly model?: string | RegExp;
  /** One call, or a list of calls, counted from 0. */
  readonly callIndex?: number | readonly number[];
  /** True or false: a schema is or is not asked for. An expression: on the schema's name and its JSON text. */
  readonly schema?: boolean | RegExp;
  /** How often the rule answers before it is spent; without it, always. */
  readonly times?: number;
  readonly reply: Reply | ReplyFunction;
  /** What goes wrong when this rule answers; wins over the emulator's own fault. */
  readonly fault?: Fault;
}

/** The first rule that holds, or undefined. `spent` counts the answers given by each rule. */
export function findRule(
  rules: readonly Rule[],
  request: GenerationRequest,
  callIndex: number,
  spent: ReadonlyMap<Rule, number>,
): Rule | undefined {
  return rules.find(
    (rule) =>
      (rule.times === undefined || (spent.get(rule) ?? 0) < rule.times) &&
      holds(rule, request, callIndex),
  );
}

function holds(rule: Rule, request: GenerationRequest, callIndex: number): boolean {
  if (rule.callIndex !== undefined) {
    const calls = typeof rule.callIndex === "number" ? [rule.callIndex] : rule.callIndex;
    if (!calls.includes(callIndex)) return false;
  }
  if (rule.text !== undefined && !matches(rule.text, request.lastUserText)) return false;
  if (rule.system !== undefined && !matches(rule.system, systemText(request))) return false;
  if (typeof rule.model === "string" && rule.model !== request.model) return false;
  if (rule.model instanceof RegExp && !matches(rule.model, request.model)) return false;
  if (rule.schema === undefined) return true;
  if (typeof rule.schema === "boolean") return rule.schema === (request.schema !== null);
  if (request.schema === null) return false;
  return matches(rule.schema, `${request.schemaName ?? ""}\n${JSON.stringify(request.schema)}`);
}

// `search` starts at 0 whatever `lastIndex` says, so an expression with the flag g answers the same every time.
function matches(expression: RegExp, text: string): boolean {
  return text.search(expression) >= 0;
}

function systemText(request: GenerationRequest): string {
  return request.messages
    .filter((message) => message.role === "system" || message.role === "developer")
    .map((message) => message.text)
    .join("\n");
}
