import { localTime } from "../local-time.ts";
import type { Cell } from "../printer.ts";
import { found } from "../found.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import { heading, statement } from "./memory-fact.ts";

/** `memory proposal list`: facts that wait for a decision. */
export async function proposalList(shell: Shell): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const list = await client.ask("listProposals");
  if (print.json) print.value(list);
  else if (list.proposals.length === 0) print.line(t("proposal.none"));
  else
    print.table([
      heading(t("proposal.columns")),
      ...list.proposals.map((proposal): Cell[] => [
        { text: proposal.proposalId, style: "dim" },
        { text: plainLine(proposal.subject) },
        { text: plainLine(proposal.attribute) },
        { text: print.clip(plainLine(proposal.value)), style: "bold" },
        { text: `${proposal.source} (${proposal.tier})` },
        { text: localTime(proposal.expiresAt), style: "dim" },
      ]),
    ]);
  return 0;
}

/** `memory proposal accept ID`: the proposal becomes a fact. */
export async function proposalAccept(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const [name = ""] = args;
  const fact = found(await client.call("acceptProposal", { params: { id: name } }), shell, {
    name: name,
    list: "memory proposal list",
  });
  if (print.json) print.value(fact);
  else print.line(t("proposal.accepted", { words: statement(fact), id: fact.factId }));
  return 0;
}

/** `memory proposal reject ID`: the proposal is dropped. */
export async function proposalReject(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const [name = ""] = args;
  const proposal = found(await client.call("rejectProposal", { params: { id: name } }), shell, {
    name: name,
    list: "memory proposal list",
  });
  if (print.json) print.value(proposal);
  else print.line(t("proposal.rejected", { words: statement(proposal) }));
  return 0;
}
