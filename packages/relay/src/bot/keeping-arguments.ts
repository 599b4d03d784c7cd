import { UsageError } from "../usage-error.ts";
import type { KeepingOptions } from "./keeping.ts";

/** What the command line says of what is kept. */
export interface KeepingValues {
  readonly spool?: string | undefined;
  readonly "spool-records"?: string | undefined;
  readonly "spool-mib"?: string | undefined;
  readonly "spool-days"?: string | undefined;
  readonly usage?: string | undefined;
  readonly "usage-for"?: string | undefined;
}

const dayMs = 86_400_000;
const mib = 1024 * 1024;
const defaults = { records: 10_000, mib: 64, days: 7 };
/** More would not fit into the heap of 24 MiB: a record holds 64 bytes of it. */
const recordsMax = 50_000;
const mibMax = 65_536;
/** The node keeps its keys for some weeks more. */
const daysMax = 60;

/** Reads what is to be kept, and where. Throws `UsageError`. */
export function keepingOf(values: KeepingValues): KeepingOptions {
  const { spool, usage, "usage-for": recipient } = values;
  const names = ["spool-records", "spool-mib", "spool-days"] as const;
  const loose = names.find((name) => spool === undefined && values[name] !== undefined);
  if (loose !== undefined) throw new UsageError(`--${loose} needs --spool`);
  if ((usage === undefined) !== (recipient === undefined))
    throw new UsageError("--usage names a folder, and --usage-for the key it is sealed to");
  const limits = {
    recordsMax: wholeOf(values, "spool-records", defaults.records, recordsMax),
    bytesMax: wholeOf(values, "spool-mib", defaults.mib, mibMax) * mib,
    ageMsMax: wholeOf(values, "spool-days", defaults.days, daysMax) * dayMs,
  };
  return {
    spool: spool === undefined ? undefined : { folder: spool, limits },
    usage:
      usage === undefined || recipient === undefined ? undefined : { folder: usage, recipient },
  };
}

function wholeOf(
  values: KeepingValues,
  name: keyof KeepingValues,
  otherwise: number,
  max: number,
): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < 1 || number > max)
    throw new UsageError(`--${name} is 1 to ${max}`);
  return number;
}
