import { ModeName, tiers } from "@adyton/protocol";
import * as z from "zod";
import type { ModeBudget, ModeSpec } from "./domain/modes/mode-spec.ts";
import { ragBudget, ragPassages, recursiaPassages } from "./domain/modes/registry.ts";
import { schemaFaults } from "./domain/recursia/json-shape.ts";
import { resultsMax } from "./domain/search/search-contract.ts";

/** A mode that the owner defines: one file of `HOME/modes`. Unknown keys, and keys that a base has no use for, are refused. */

/** Characters of what a mode tells the model behind the core prompt. */
export const modePromptCharsMax = 4_000;
export const modeSummaryCharsMax = 200;
export const modeAliasesMax = 8;
export const modeSourcesMax = 16;

const bases = ["direct", "rag", "recursia"] as const;
type Base = (typeof bases)[number];

const summary = z.string().min(1).max(modeSummaryCharsMax);

const ModeFields = z.strictObject({
  id: ModeName,
  version: z.string().min(1).max(32),
  aliases: z.array(ModeName).max(modeAliasesMax).default([]),
  base: z.enum(bases),
  summary: z.strictObject({ en: summary, ru: summary }),
  prompt: z.string().trim().min(1).max(modePromptCharsMax).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().gt(0).max(1).optional(),
  answer_tokens: z.int().min(16).max(1_000_000).optional(),
  retrieval: z
    .strictObject({
      k: z.int().min(1).max(resultsMax).optional(),
      sources: z.array(z.string().min(1).max(512)).max(modeSourcesMax).default([]),
    })
    .optional(),
  budget: z
    .strictObject({
      calls: z.int().min(1).max(64).optional(),
      tokens: z.int().min(500).max(10_000_000).optional(),
      wall_seconds: z.int().min(1).max(3_600).optional(),
    })
    .optional(),
  tools: z.boolean().optional(),
  output: z.record(z.string(), z.unknown()).optional(),
  min_tier: z.enum(tiers).exclude(["peer", "external"]).default("local"),
});
type ModeFields = z.infer<typeof ModeFields>;
type Refuse = (path: (string | number)[], message: string) => void;

/** What only some bases have a use for. */
const useful: Readonly<Partial<Record<keyof ModeFields, readonly Base[]>>> = {
  temperature: ["direct"],
  top_p: ["direct"],
  retrieval: ["rag", "recursia"],
  tools: ["direct", "recursia"],
  output: ["direct", "recursia"],
};

/**
 * The schema of one file. `taken`: names in lower case that stand for a mode already, each with where. `recursia`: what
 * a run may use where the file says nothing.
 */
export function modeFile(taken: ReadonlyMap<string, string>, recursia: Required<ModeBudget>) {
  return ModeFields.superRefine((fields, context) => {
    const refuse: Refuse = (path, message) => context.addIssue({ code: "custom", message, path });
    refuseTakenNames(fields, taken, refuse);
    refuseUseless(fields, refuse);
    for (const { path, message } of fields.output === undefined ? [] : schemaFaults(fields.output))
      refuse(["output", ...path], message);
  }).transform((fields) => specOf(fields, recursia));
}

function refuseTakenNames(
  { id, aliases }: ModeFields,
  taken: ReadonlyMap<string, string>,
  refuse: Refuse,
): void {
  const own = new Set<string>();
  for (const [index, name] of [id, ...aliases].entries()) {
    const key = name.toLowerCase();
    const path = index === 0 ? ["id"] : ["aliases", index - 1];
    const where = taken.get(key) ?? (own.has(key) ? "this file" : undefined);
    if (where !== undefined) refuse(path, `must be another: ${name} is a mode of ${where}`);
    own.add(key);
  }
}

function refuseUseless(fields: ModeFields, refuse: Refuse): void {
  const { base, budget } = fields;
  for (const [key, allowed] of Object.entries(useful))
    if (Reflect.get(fields, key) !== undefined && !allowed.includes(base))
      refuse([key], `has no effect with base: ${base}; it is for ${allowed.join(" and ")}`);
  if (base === "direct")
    for (const key of ["calls", "tokens"] as const)
      if (budget?.[key] !== undefined)
        refuse(["budget", key], "has no effect with base: direct; answer_tokens bounds its answer");
  if (base === "rag" && (budget?.calls ?? 0) > ragBudget.calls)
    refuse(["budget", "calls"], `must be at most ${ragBudget.calls} with base: rag`);
}

const controllers = { direct: "model", rag: "rag", recursia: "recursia" } as const;

function specOf(fields: ModeFields, recursia: Required<ModeBudget>): ModeSpec {
  const { base, temperature, top_p, retrieval, prompt, output } = fields;
  const { calls, tokens, wall_seconds: seconds } = fields.budget ?? {};
  const given = {
    ...(calls === undefined ? {} : { calls }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(seconds === undefined ? {} : { wallMs: seconds * 1_000 }),
  };
  const defaults = { direct: {}, rag: ragBudget, recursia }[base];
  const k = retrieval?.k ?? (base === "rag" ? ragPassages : recursiaPassages);
  return {
    id: fields.id,
    version: fields.version,
    aliases: fields.aliases.map((alias) => alias.toLowerCase()),
    controller: controllers[base],
    isOwn: true,
    minTier: fields.min_tier,
    budget: { ...defaults, ...given },
    ...(base === "direct" ? {} : { retrieval: { k, sources: retrieval?.sources ?? [] } }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(temperature === undefined && top_p === undefined
      ? {}
      : {
          generation: {
            ...(temperature === undefined ? {} : { temperature }),
            ...(top_p === undefined ? {} : { top_p }),
          },
        }),
    ...(fields.answer_tokens === undefined ? {} : { answerTokensMax: fields.answer_tokens }),
    clientTools: base !== "rag" && (fields.tools ?? true),
    ...(output === undefined ? {} : { output }),
    summary: fields.summary,
  };
}
