import { type Fact, factPageMax } from "@adyton/protocol";
import { parseDuration } from "@adyton/runtime/duration";
import type { Options } from "../options.ts";
import { Failure } from "../failure.ts";
import { localTime } from "../local-time.ts";
import type { Cell } from "../printer.ts";
import { found } from "../found.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";

/** `memory fact add SUBJECT ATTRIBUTE VALUE`: has a fact remembered, or proposes it where the token may not more. */
export async function factAdd(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const [subject = "", attribute = "", ...words] = args;
  const value = words.join(" ");
  const validFrom = timeOption(options, "from", t);
  const validTo = timeOption(options, "to", t);
  const confidence = shareOption(options, "confidence", t);
  const client = await shell.client();
  const outcome = await client.ask("addFact", {
    body: {
      subject,
      attribute,
      value,
      shared: options.flag("shared"),
      ...(validFrom === undefined ? {} : { validFrom }),
      ...(validTo === undefined ? {} : { validTo }),
      ...(confidence === undefined ? {} : { confidence }),
    },
  });
  if (print.json) {
    print.value(outcome);
    return 0;
  }
  const id = outcome.kind === "proposed" ? outcome.proposal.proposalId : outcome.fact.factId;
  print.line(t(`fact.${outcome.kind}`, { id }));
  if (outcome.kind === "stored" && outcome.fact.supersedes !== null)
    print.note(t("fact.supersedes", { id: outcome.fact.supersedes }));
  return 0;
}

/** `memory fact list [SUBJECT [ATTRIBUTE]]`: what holds, now or as of a time, page after page. */
export async function factList(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const [subject, attribute] = args;
  const at = timeOption(options, "at", t);
  const yes = (name: string): "true" | undefined => (options.flag(name) ? "true" : undefined);
  const query = {
    subject,
    attribute,
    at,
    history: yes("history"),
    conflicting: yes("conflicting"),
  };
  const client = await shell.client();
  const facts: Fact[] = [];
  for (let after = 0, more = true; more;) {
    const page = await client.ask("listFacts", { query: { ...query, after, limit: factPageMax } });
    facts.push(...page.facts);
    ({ next: after, more } = page);
  }
  if (print.json) print.value({ facts });
  else if (facts.length === 0) print.line(t("fact.none"));
  else
    print.table([
      heading(t("fact.columns")),
      ...facts.map((fact): Cell[] => [
        { text: fact.factId, style: "dim" },
        { text: plainLine(fact.subject) },
        { text: plainLine(fact.attribute) },
        { text: print.clip(plainLine(fact.value)), style: "bold" },
        { text: t(`fact.status_${fact.status}`), ...(fact.status === "holds" ? {} : dim) },
        { text: period(fact), style: "dim" },
        { text: `${fact.source} (${fact.tier})`, style: "dim" },
      ]),
    ]);
  return 0;
}

/** `memory fact retract ID`: it was never so. */
export async function factRetract(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const [name = ""] = args;
  const fact = found(await client.call("retractFact", { params: { id: name } }), shell, {
    name: name,
    list: "memory fact list",
  });
  if (print.json) print.value(fact);
  else print.line(t("fact.retracted", { words: statement(fact) }));
  return 0;
}

/** What a fact says, in one line. */
export function statement(fact: {
  readonly subject: string;
  readonly attribute: string;
  readonly value: string;
}): string {
  return plainLine(`${fact.subject} — ${fact.attribute}: ${fact.value}`);
}

/** The first row of a table. */
export function heading(columns: string): Cell[] {
  return columns.split("|").map((text): Cell => ({ text, style: "bold" }));
}

const dim = { style: "dim" } as const;

function period({ validFrom, validTo }: Fact): string {
  return `${localTime(validFrom)} – ${validTo === null ? "" : localTime(validTo)}`.trim();
}

/** A date, with or without a time, or a duration from now (`30d`). */
function timeOption(options: Options, name: string, t: Translate): string | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  const atMs = duration.kind === "ok" ? Date.now() + duration.value : date;
  if (Number.isNaN(atMs))
    throw new Failure("usage", {
      title: t("fact.bad_time", { option: `--${name}`, found: plainLine(text) }),
    });
  return new Date(atMs).toISOString();
}

function shareOption(options: Options, name: string, t: Translate): number | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const share = /^(?:0|1|0?\.\d+|1\.0+)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isNaN(share)) return share;
  throw new Failure("usage", { title: t("fact.bad_share", { found: plainLine(text) }) });
}
