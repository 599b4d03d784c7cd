import type { Clock } from "@adyton/runtime/clock";
import type { SpoolLimits } from "../spool/spool-folder.ts";
import type { Spooler } from "../spool/spooler.ts";
import type { UsageCount } from "../usage/usage-count.ts";
import type { UsageWatch } from "../usage/usage-watch.ts";
import type { BotApi } from "./bot-api.ts";

/** What the relay keeps on its disk, sealed; nothing unless it is told where. */
export interface KeepingOptions {
  readonly spool?: SpoolOptions | undefined;
  readonly usage?: { readonly folder: string; readonly recipient: string } | undefined;
}

export interface SpoolOptions {
  readonly folder: string;
  readonly limits: SpoolLimits;
  /** How long after a session's end the relay polls by itself. */
  readonly graceMs?: number | undefined;
}

/** A node that was cut off comes back within a minute, or its session has ended. */
const graceMsDefault = 30_000;

interface Keeping {
  readonly spooler: Spooler | undefined;
  readonly usage: UsageWatch | undefined;
}

interface KeepingParts {
  readonly api: BotApi;
  readonly clock: Clock;
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
}

/** Opens what is kept, until the stack is disposed; what is not kept is not loaded. Throws the system's error, and `SealError`. */
export async function openKeeping(
  { spool, usage }: KeepingOptions,
  parts: KeepingParts,
  stack: AsyncDisposableStack,
): Promise<Keeping> {
  const counted = usage === undefined ? undefined : await openUsage(usage, parts, stack);
  if (spool === undefined) return { spooler: undefined, usage: counted?.watch };
  const { askUpdates } = await import("../spool/ask-updates.ts");
  const { Spooler } = await import("../spool/spooler.ts");
  const { graceMs = graceMsDefault, ...where } = spool;
  const { api, clock, log } = parts;
  const onKept = (updates: readonly unknown[]): void => counted?.count.delivered(updates);
  const poll = askUpdates(api);
  const spooler = stack.use(new Spooler({ ...where, graceMs, poll, onKept, clock, log }));
  spooler.nodeLeft();
  return { spooler, usage: counted?.watch };
}

async function openUsage(
  { folder, recipient }: NonNullable<KeepingOptions["usage"]>,
  { clock, log }: KeepingParts,
  stack: AsyncDisposableStack,
): Promise<{ readonly count: UsageCount; readonly watch: UsageWatch }> {
  const { openSeal } = await import("../usage/seal.ts");
  const { UsageCount } = await import("../usage/usage-count.ts");
  const { UsageLog } = await import("../usage/usage-log.ts");
  const { UsageWatch } = await import("../usage/usage-watch.ts");
  const count = new UsageCount(() => clock.nowMs());
  const seal = await openSeal(recipient, folder);
  stack.use(new UsageLog({ folder, count, seal, clock, log })).start();
  return { count, watch: new UsageWatch(count) };
}
