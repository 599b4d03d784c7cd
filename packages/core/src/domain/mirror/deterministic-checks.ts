import type { CheckSpec } from "./check.ts";
import { configUnchanged } from "./checks/config-unchanged.ts";
import { contradictingFacts } from "./checks/contradicting-facts.ts";
import { corePromptPinned } from "./checks/core-prompt-pinned.ts";
import { fencedSpans } from "./checks/fenced-spans.ts";
import { injectedOrders } from "./checks/injected-orders.ts";
import { keptInvariants } from "./checks/kept-invariants.ts";
import { outgoingSecrets } from "./checks/outgoing-secrets.ts";
import { pinnedInMiddle } from "./checks/pinned-in-middle.ts";
import { quietNode } from "./checks/quiet-node.ts";
import { repetition } from "./checks/repetition.ts";
import { roleOrder } from "./checks/role-order.ts";
import { silentTruncation } from "./checks/silent-truncation.ts";
import { soundStorage } from "./checks/sound-storage.ts";
import { staleSources } from "./checks/stale-sources.ts";
import { tokenBudget } from "./checks/token-budget.ts";
import { upstreamCalls } from "./checks/upstream-calls.ts";
import type { Snapshot } from "./snapshot.ts";

/** D1 to D16, in their order: what the node can know of its context without asking the model. */
export const deterministicChecks: readonly CheckSpec<Snapshot>[] = [
  tokenBudget,
  silentTruncation,
  corePromptPinned,
  roleOrder,
  fencedSpans,
  repetition,
  staleSources,
  contradictingFacts,
  injectedOrders,
  outgoingSecrets,
  pinnedInMiddle,
  upstreamCalls,
  soundStorage,
  quietNode,
  configUnchanged,
  keptInvariants,
];
