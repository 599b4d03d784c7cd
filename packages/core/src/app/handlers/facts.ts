import { problem } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { CallOf, Handlers, Reply } from "../../ports/http.ts";
import type { Blocks } from "../blocks.ts";
import { type Facts, mayStoreFacts } from "../facts.ts";
import { type Idempotency, replayedHeader } from "../idempotency.ts";
import type { Proposals } from "../proposals.ts";

export interface FactsHandlersOptions {
  readonly facts: Facts;
  readonly proposals: Proposals;
  readonly blocks: Blocks;
  readonly idempotency: Idempotency;
}

type FactRoute =
  | "addFact"
  | "listFacts"
  | "getFact"
  | "retractFact"
  | "listProposals"
  | "acceptProposal"
  | "rejectProposal"
  | "saveBlock"
  | "listBlocks"
  | "listBlockVersions"
  | "removeBlock";

/** The handlers of facts, proposals and blocks. */
export function factHandlers(options: FactsHandlersOptions): Pick<Handlers, FactRoute> {
  const { facts, proposals, blocks, idempotency } = options;
  return {
    addFact: (call) => addFact(options, call),
    listFacts: async ({ query, principal }) => json(facts.list(query, principal)),
    getFact: async ({ params, principal }) => json(facts.get(params.id, principal)),
    retractFact: async ({ params, principal }) => json(await facts.retract(params.id, principal)),
    listProposals: async ({ principal }) => json(proposals.list(principal)),
    acceptProposal: async ({ params, principal }) =>
      json(await proposals.accept(params.id, principal)),
    rejectProposal: async ({ params, principal }) =>
      json(await proposals.reject(params.id, principal)),
    saveBlock: async (call) => {
      const dedupe = idempotency.keyOf(call);
      const known = dedupe === undefined ? undefined : idempotency.look(dedupe);
      if (known?.kind === "answered")
        return { ...json(blocks.savedBy(known.record)), headers: replayedHeader };
      return json(await blocks.save(call.body, call.principal, dedupe));
    },
    listBlocks: async ({ principal }) => json({ blocks: blocks.list(principal.person) }),
    listBlockVersions: async ({ params, principal }) =>
      json(blocks.versions(params.name, principal)),
    removeBlock: async ({ params, principal }) => json(await blocks.remove(params.name, principal)),
  };
}

/** Stores a fact, or proposes it, by what the caller may. A repeated key is answered with what it brought. */
async function addFact(
  { facts, proposals, idempotency }: FactsHandlersOptions,
  call: CallOf<"addFact">,
): Promise<Reply> {
  const { body: request, principal: by } = call;
  const dedupe = idempotency.keyOf(call);
  const known = dedupe === undefined ? undefined : idempotency.look(dedupe);
  if (known?.kind === "answered") {
    const { record } = known;
    switch (record.type) {
      case "memory.fact.stored":
        return { ...json(facts.storedBy(record)), headers: replayedHeader };
      case "memory.fact.proposed": {
        const proposal = proposals.proposedBy(record);
        return { ...json({ kind: "proposed", proposal }), headers: replayedHeader };
      }
      default:
        throw new ProblemError(problem("idempotency_mismatch"));
    }
  }
  if (!mayStoreFacts(by))
    return json({ kind: "proposed", proposal: await proposals.propose(request, by, dedupe) });
  const said = { source: by.id, tier: by.tier };
  return json(await facts.store({ request, person: by.person, by, said, dedupe }));
}

function json(body: unknown) {
  return { kind: "json", body } as const;
}
