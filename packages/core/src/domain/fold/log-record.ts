/** Levels from the worst down; what names none counts as `info`. */
export const logLevels = ["fatal", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One happening of a log: a line, or a line with the stack that follows it. */
export interface LogRecord {
  /** The number of its first line among those that were read, from 1. */
  readonly line: number;
  readonly timeMs: number | undefined;
  readonly level: LogLevel;
  /** Who wrote it, host and program. Only counted, never shown or kept. */
  readonly unit: string;
  readonly message: string;
  /** The lines of a stack, without the message. */
  readonly stack: readonly string[];
  /** How its writer wants it told apart from others. */
  readonly fingerprint?: string | undefined;
}

/** What a line says before its message. */
export interface ParsedLine {
  readonly timeMs: number | undefined;
  readonly level: LogLevel;
  readonly unit: string;
  readonly message: string;
  /** Lines of a stack that the line itself holds. */
  readonly stack: readonly string[];
  /** How its writer wants it told apart from others. */
  readonly fingerprint?: string | undefined;
  /** It begins as a form that it then breaks. Its text is kept as a message. */
  readonly isMalformed: boolean;
}

/** Characters of a line that are looked at. What follows is left out, and the line counts as cut. */
export const lineCharsMax = 4_096;
/** Lines of one stack that are looked at. Further ones belong to it and are left out. */
export const stackLinesMax = 100;

const byWord: Readonly<Record<string, LogLevel>> = {
  emerg: "fatal",
  emergency: "fatal",
  alert: "fatal",
  fatal: "fatal",
  panic: "fatal",
  crit: "fatal",
  critical: "fatal",
  severe: "error",
  err: "error",
  error: "error",
  warn: "warn",
  warning: "warn",
  notice: "info",
  info: "info",
  information: "info",
  log: "info",
  debug: "debug",
  trace: "debug",
  verbose: "debug",
};

/** A level by its name in any case, by a syslog priority (0 to 7), or by a number as pino and bunyan write it (10 to 60). */
export function levelOf(value: unknown): LogLevel | undefined {
  if (typeof value === "number") return levelOfNumber(value);
  if (typeof value !== "string" || value === "") return undefined;
  return /^\d{1,2}$/.test(value) ? levelOfNumber(Number(value)) : byWord[value.toLowerCase()];
}

function levelOfNumber(value: number): LogLevel | undefined {
  if (value >= 10) {
    if (value >= 60) return "fatal";
    if (value >= 50) return "error";
    if (value >= 40) return "warn";
    return value >= 30 ? "info" : "debug";
  }
  if (value >= 8 || value < 0) return undefined;
  if (value <= 2) return "fatal";
  if (value === 3) return "error";
  if (value === 4) return "warn";
  return value === 7 ? "debug" : "info";
}

const trouble =
  /\b(?:errors?|exceptions?|fatal|panic|fail(?:ed|ure|s)?|refused|denied|unable|cannot|timed out|killed|segfault|corrupt\w*|traceback)\b|\p{L}(?:error|exception)\b|ошибк|сбой|отказ|не удалось|невозможно|превышено/iu;

/** The level of a message that names none: trouble has its own words. */
export function levelByWords(message: string): LogLevel {
  return trouble.test(message) ? "error" : "info";
}
