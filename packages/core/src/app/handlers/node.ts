import {
  type BackupReport,
  grantCovers,
  type Health,
  problem,
  type VerifyReport,
} from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Call, Handlers } from "../../ports/http.ts";
import type { StatePort } from "../../ports/journal.ts";
import { describeSelf, type DescribeOptions } from "../describe-self.ts";
import { refuseKey } from "../idempotency.ts";
import { type Metric, renderMetrics } from "../metrics.ts";
import type { Tokens } from "../tokens.ts";
import { usageOf } from "../usage.ts";

export interface NodeOptions {
  readonly describe: DescribeOptions;
  readonly tokens: Tokens;
  readonly state: StatePort;
  readonly health: (withDetails: boolean) => Health;
  readonly metrics: () => readonly Metric[];
  readonly verify: (signal: AbortSignal) => Promise<VerifyReport>;
  readonly backUp: (signal: AbortSignal) => Promise<BackupReport>;
  readonly readSpec: () => Promise<string>;
  readonly now: () => number;
}

const greeting = `This is Adyton, a node for your own language model. It answers programs, not browsers:

  curl -s http://localhost:PORT/api/v1/message -H 'content-type: application/json' -d '{"text": "describe_self"}'

The whole interface: /api/v1/openapi.yaml
`;

/** The handlers of the node itself: structure, state, tokens, keeping of the journal. */
export function nodeHandlers(
  options: NodeOptions,
): Pick<
  Handlers,
  | "root"
  | "getSelf"
  | "getUsage"
  | "getHealth"
  | "getMetrics"
  | "addToken"
  | "listTokens"
  | "revokeToken"
  | "verifyJournal"
  | "backupJournal"
  | "getSpec"
> {
  const { tokens } = options;
  const verify = oneAtATime(options.verify);
  const backUp = oneAtATime(options.backUp);
  return {
    root: async () => ({ kind: "text", body: greeting }),
    getSelf: async (call) => {
      const { conversation } = call.query;
      return { kind: "json", body: describeSelf(options.describe, call.principal, conversation) };
    },
    getUsage: async (call) => {
      const { days } = call.query;
      return {
        kind: "json",
        body: usageOf(options.state, call.principal, { nowMs: options.now(), days }),
      };
    },
    getHealth: async (call) => {
      const health = options.health(grantCovers(call.principal.grants, "admin"));
      return { kind: "json", status: health.status === "failed" ? 503 : 200, body: health };
    },
    getMetrics: async (call) => {
      if (call.principal.person !== "owner") throw figuresOfEverybody();
      return { kind: "text", body: renderMetrics(options.metrics()) };
    },
    addToken: async (call) => {
      refuseKey(call, "A token's secret is shown once");
      return { kind: "json", body: await tokens.add(call.body, call.principal) };
    },
    listTokens: async () => ({ kind: "json", body: { tokens: tokens.list() } }),
    revokeToken: async (call) => ({
      kind: "json",
      body: await tokens.revoke(call.params.name, call.principal),
    }),
    verifyJournal: async (call) => {
      refuseKey(call, "Each verification looks at the journal anew");
      return { kind: "json", body: await verify(call) };
    },
    backupJournal: async (call) => {
      refuseKey(call, "Each backup is a new one");
      return { kind: "json", body: await backUp(call) };
    },
    getSpec: async () => ({ kind: "text", body: await options.readSpec() }),
  };
}

/** Long work on the whole journal: a second caller is told to wait instead of slowing the first. */
function oneAtATime<T>(
  work: (signal: AbortSignal) => Promise<T>,
): (call: Pick<Call, "signal">) => Promise<T> {
  let isRunning = false;
  return async (call) => {
    if (isRunning)
      throw new ProblemError(
        problem("busy", { detail: "This is under way already.", retryAfterSeconds: 10 }),
      );
    isRunning = true;
    try {
      return await work(call.signal);
    } finally {
      isRunning = false;
    }
  };
}

function figuresOfEverybody(): ProblemError {
  const detail =
    "These figures are of the whole node: they are for the owner's programs, not for another person's token.";
  return new ProblemError(problem("forbidden", { detail }));
}
