import type { AnswerSchema, AskMessage } from "../../recursia/asking.ts";
import type { CheckOutcome } from "../check.ts";

/** One question to the model whose answer code can score. */
export interface Probe {
  readonly messages: readonly AskMessage[];
  readonly schema?: AnswerSchema;
}

/** A number of those below `below`, drawn from randomness that nobody can foresee. */
export type Draw = (below: number) => number;

/** A schema of properties that must all be there, for servers that can be held to one. */
export function strictSchema(
  name: string,
  properties: Readonly<Record<string, unknown>>,
): AnswerSchema {
  const required = Object.keys(properties);
  return { name, schema: { type: "object", properties, required, additionalProperties: false } };
}

/** What a check comes to whose probe had no answer. */
export const unanswered: CheckOutcome = {
  status: "skipped",
  measured: null,
  title: {
    en: "The model gave no answer in time: this was not checked.",
    ru: "Модель не ответила вовремя: это не проверено.",
  },
};
