import { settlesWithin, systemClock, type Clock } from "./clock.ts";
import { describeError, descriptionText } from "./coded-error.ts";
import { LogSink, type LogTarget } from "./log-sink.ts";
import { Secret } from "./secret.ts";
import { describeTerminal, type Style, type Terminal } from "./terminal.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFieldsMax = 24;
export const logFieldCharsMax = 1_024;
export const logMessageCharsMax = 512;
const keyCharsMax = 64;

/**
 * Values of a field: text, numbers, booleans and null are written as they are, a `Secret` as `[secret]`, an error as
 * `describeError` tells it, anything else as `[object]`: the log never walks through an object it does not know.
 */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose every line carries `fields` as well; a field of the line wins over a bound one. */
  child(fields: LogFields): Log;
}

export interface RootLog extends Log, AsyncDisposable {
  /** Lines lost since the start because the sink was slow or failed. */
  readonly dropped: number;
  /** The code of the last failed write, `undefined` while the sink works. */
  readonly sinkErrorCode: string | undefined;
  /** Resolves when all lines so far are written or dropped. */
  flush(): Promise<void>;
}

export interface LogOptions {
  readonly target: LogTarget;
  readonly level?: LogLevel;
  /** `human` is for a person at a terminal, `json` is one object per line. */
  readonly format?: "json" | "human";
  /** Colours for the human format. */
  readonly terminal?: Terminal;
  readonly fields?: LogFields;
  readonly clock?: Clock;
  readonly queueBytesMax?: number;
  /** Disposing waits this long for a sink that does not take the rest. */
  readonly closeMs?: number;
}

type Scalar = string | number | boolean | null;
type Line = (
  level: LogLevel,
  message: string,
  fields: ReadonlyMap<string, Scalar | object>,
) => string;

/** Opens no file and starts no timer before the first line. Lines below `level` (default `info`) cost a comparison. */
export function createLog(options: LogOptions): RootLog {
  const clock = options.clock ?? systemClock;
  const line = options.format === "human" ? humanLine(clock, options.terminal) : jsonLine(clock);
  const sink = new LogSink({
    target: options.target,
    clock,
    droppedLine: (count) => line("warn", "log lines were dropped", new Map([["count", count]])),
    ...(options.queueBytesMax === undefined ? {} : { queueBytesMax: options.queueBytesMax }),
  });
  const threshold = logLevels.indexOf(options.level ?? "info");
  const bind = (bound: LogFields): Log => {
    const at =
      (level: LogLevel) =>
      (message: string, fields: LogFields = {}): void => {
        if (logLevels.indexOf(level) < threshold) return;
        sink.write(
          line(level, clip(message, logMessageCharsMax), bounded({ ...bound, ...fields })),
        );
      };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (fields) => bind({ ...bound, ...fields }),
    };
  };
  return {
    ...bind(options.fields ?? {}),
    get dropped() {
      return sink.dropped;
    },
    get sinkErrorCode() {
      return sink.errorCode;
    },
    flush: () => sink.flush(),
    async [Symbol.asyncDispose]() {
      await settlesWithin(sink.close(), options.closeMs ?? 2_000, clock);
    },
  };
}

/** The log of a process on its standard error: for people on a terminal, JSON lines elsewhere. */
export function standardErrorLog(
  options: Omit<LogOptions, "target" | "format" | "terminal"> = {},
): RootLog {
  const terminal = describeTerminal(process.stderr);
  return createLog({
    ...options,
    target: { kind: "descriptor", descriptor: 2 },
    format: terminal.interactive ? "human" : "json",
    terminal,
  });
}

function jsonLine(clock: Clock): Line {
  return (level, message, fields) => {
    const time = new Date(clock.nowMs()).toISOString();
    // The three own keys come first and win: a field cannot forge the time or the level of its line.
    const record = Object.fromEntries(
      [...fields].map(([key, value]) => [ownKeys.has(key) ? `${key}_` : key, value]),
    );
    return `${escapeInvisible(JSON.stringify({ time, level, message, ...record }))}\n`;
  };
}

const ownKeys = new Set(["time", "level", "message"]);

const levelStyle: Readonly<Record<LogLevel, Style>> = {
  debug: "dim",
  info: "green",
  warn: "yellow",
  error: "red",
};

function humanLine(clock: Clock, terminal: Terminal | undefined): Line {
  const paint = (style: Style, text: string): string => terminal?.paint(style, text) ?? text;
  return (level, message, fields) => {
    const time = new Date(clock.nowMs()).toISOString().slice(11, 19);
    const parts = [paint("dim", time), paint(levelStyle[level], level.padEnd(5)), plain(message)];
    for (const [key, value] of fields)
      parts.push(paint("dim", `${plain(key)}=`) + humanValue(value));
    return `${parts.join(" ")}\n`;
  };
}

function humanValue(value: Scalar | object): string {
  const text =
    typeof value === "string"
      ? value
      : isDescription(value)
        ? descriptionText(value)
        : JSON.stringify(value);
  return /^[^\s"=\p{C}]+$/u.test(text) ? text : escapeInvisible(JSON.stringify(text));
}

function isDescription(value: Scalar | object): value is ReturnType<typeof describeError> {
  return typeof value === "object" && value !== null;
}

/** A message as it is, but on one line and without what could move the cursor. */
function plain(text: string): string {
  return escapeInvisible(JSON.stringify(text))
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("\\\\", "\\");
}

/** JSON leaves C1 controls, line separators and direction overrides raw; a terminal or a viewer may obey them. */
function escapeInvisible(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function bounded(fields: LogFields): ReadonlyMap<string, Scalar | object> {
  const result = new Map<string, Scalar | object>();
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  for (const [key, value] of entries.slice(0, logFieldsMax))
    result.set(clip(key, keyCharsMax), fieldValue(value));
  if (entries.length > logFieldsMax) result.set("fieldsOmitted", entries.length - logFieldsMax);
  return result;
}

function fieldValue(value: unknown): Scalar | object {
  if (typeof value === "string") return clip(value, logFieldCharsMax);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "bigint") return clip(value.toString(), logFieldCharsMax);
  if (value instanceof Secret) return "[secret]";
  if (value instanceof Error) return boundedDescription(describeError(value));
  return `[${typeof value}]`;
}

function boundedDescription(
  description: ReturnType<typeof describeError>,
): ReturnType<typeof describeError> {
  const { message, cause } = description;
  return {
    ...description,
    ...(message === undefined ? {} : { message: clip(message, logFieldCharsMax) }),
    ...(cause === undefined ? {} : { cause: boundedDescription(cause) }),
  };
}

/** Cuts at a whole character and says how much is missing. */
function clip(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? charsMax - 1 : charsMax;
  return `${text.slice(0, end)}… (+${text.length - end})`;
}
