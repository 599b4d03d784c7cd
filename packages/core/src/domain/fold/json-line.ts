import * as z from "zod";
import { levelByWords, levelOf, type ParsedLine } from "./log-record.ts";
import { type LogClock, timeOf } from "./log-time.ts";

/** Names that loggers, and people who make tables of logs, give to what every log has. */
export const fieldKeys = {
  message: ["MESSAGE", "message", "msg", "event", "log", "text", "error", "сообщение", "текст"],
  level: ["PRIORITY", "level", "severity", "lvl", "loglevel", "levelname", "уровень"],
  time: ["__REALTIME_TIMESTAMP", "time", "timestamp", "@timestamp", "ts", "date", "время", "дата"],
} as const;
const hostKeys = ["_HOSTNAME", "hostname", "host"];
const unitKeys = ["_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "service", "logger", "name", "container"];
const stackKeys = ["stack", "stacktrace", "stack_trace", "exc_info", "exception"];

const Fields = z.record(z.string(), z.unknown());

/** Reads a line that is a JSON object, by the names that loggers use; `undefined` when it is none or says nothing. */
export function formatJson(line: string, clock: LogClock): ParsedLine | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  const fields = Fields.safeParse(parsed).data;
  return fields === undefined ? undefined : fromFields(fields, clock);
}

/** The same for a record that is in fields already. */
export function fromFields(
  fields: Readonly<Record<string, unknown>>,
  clock: LogClock,
): ParsedLine | undefined {
  const nested = Fields.safeParse(fields["err"] ?? fields["error"]).data ?? {};
  const text = firstText(fields, fieldKeys.message) ?? firstText(nested, ["message", "msg"]);
  if (text === undefined) return undefined;
  const message = text.trimEnd();
  const [head = "", ...more] = message.split("\n");
  const stack = firstText(fields, stackKeys) ?? firstText(nested, stackKeys) ?? "";
  const unit = [firstText(fields, hostKeys), firstText(fields, unitKeys)].filter(Boolean).join(" ");
  return {
    timeMs: writtenTime(fields, clock),
    level:
      levelOf(fieldKeys.level.map((key) => fields[key]).find((value) => value != null)) ??
      levelByWords(head),
    unit,
    message: head === "" ? "(empty)" : head,
    stack: [...more, ...(stack === "" ? [] : stack.split("\n"))],
    isMalformed: false,
    fingerprint: namedFingerprint(fields["fingerprint"]),
  };
}

const fingerprintCharsMax = 200;

/** A text, or several as Sentry's clients write them. */
function namedFingerprint(value: unknown): string | undefined {
  const parts = (Array.isArray(value) ? value : [value]).filter((part) => typeof part === "string");
  const joined = parts.join(" ").trim();
  return joined === "" ? undefined : joined.slice(0, fingerprintCharsMax);
}

function firstText(fields: Readonly<Record<string, unknown>>, keys: readonly string[]) {
  for (const key of keys) {
    const value = fields[key];
    if (typeof value === "string") return value;
    // journald writes what is not UTF-8 as a list of bytes.
    if (key === "MESSAGE" && Array.isArray(value)) return textOfBytes(value);
  }
  return undefined;
}

function textOfBytes(value: readonly unknown[]): string {
  const bytes = value.filter((byte) => typeof byte === "number");
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

function writtenTime(fields: Readonly<Record<string, unknown>>, clock: LogClock) {
  const key = fieldKeys.time.find((each) => fields[each] != null);
  const value = key === undefined ? undefined : fields[key];
  if (key === "__REALTIME_TIMESTAMP") return Math.floor(Number(value) / 1_000);
  if (typeof value === "number") return value < secondsMax ? value * 1_000 : value;
  return typeof value === "string" ? timeOf(value, clock) : undefined;
}

/** Above this a number cannot be seconds: it would lie in the year 5138. */
const secondsMax = 100_000_000_000;
