import { formatJson } from "./json-line.ts";
import { levelByWords, levelOf, type LogLevel, type ParsedLine } from "./log-record.ts";
import { leadingTime, type LogClock, timeOf, wallMs, withoutYear, zoned } from "./log-time.ts";

const accessLine =
  /^(\S+) \S+ (?:\S+|".*?") \[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-)/;
const nginxError = /^\[(\w+)\] \d+#\d+: (?:\*\d+ )?/;
const syslogTime = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) /;
const syslogWriter = /^(\S+) ([^\s:[\]]+)(?:\[\d+\])?: /;
/** Behind a time that also programs write, two words and a colon may be a message: only a process's number tells. */
const numberedWriter = /^(\S+) (?:([^\s:[\]]+)\[\d+\]|(kernel)): /;
const syslog5424 = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) \S+ \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) ?/;
const klog = /^([IWEF])(\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2})\.\d+ +\d+ ([\w.-]+):\d+\] /;
const leadingLevel =
  /^(?:\[?\d+\]? )?[[(<]?(EMERG|ALERT|CRIT(?:ICAL)?|FATAL|PANIC|SEVERE|ERROR|ERR|WARN(?:ING)?|NOTICE|INFO|LOG|DEBUG|TRACE|VERBOSE)(?:[\])>]|\b)[-\s:|]*/i;
const levelPair = /(?:^|\s)(?:level|lvl|severity)="?([a-z]+)"?/i;
const messagePair = /(?:^|\s)(?:msg|message)=(?:"((?:[^"\\]|\\.)*)"|(\S+))/;
const timePair = /^(?:time|ts|t|timestamp)="?([^"\s]+)"?\s*/;

/**
 * Reads a line as one of the forms that logs have: JSON (also what journald and Docker write), nginx's two logs, syslog
 * old and new, logfmt, klog, or a time and a level before the text. A line of no form is a message. Syslog's old form has
 * no year: it is the one that lies closest before now.
 */
export function parseLine(line: string, clock: LogClock): ParsedLine {
  const first = line.charCodeAt(0);
  if (first === 123) return formatJson(line, clock) ?? { ...plain(line), isMalformed: true };
  const access = isAddressStart(first) ? accessLine.exec(line) : null;
  if (access !== null) return formatAccess(access, clock);
  const time = leadingTime(line, clock);
  if (time !== undefined) return afterTime(line.slice(time.length), time.timeMs);
  if (first === 60) {
    const new5424 = syslog5424.exec(line);
    if (new5424 !== null) return formatSyslog(new5424, line.slice(new5424[0].length), clock);
    return parseLine(line.replace(/^<\d{1,3}>/, "") || " ", clock);
  }
  const old = syslogTime.exec(line);
  if (old !== null) return formatOldSyslog(old, line.slice(old[0].length), clock);
  const kubernetes = klog.exec(line);
  if (kubernetes !== null) return formatKlog(kubernetes, line.slice(kubernetes[0].length), clock);
  const pair = timePair.exec(line);
  if (pair !== null) return afterTime(line.slice(pair[0].length), timeOf(pair[1], clock));
  return plain(line);
}

const isAddressStart = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code === 58;

function plain(text: string, timeMs?: number, unit = ""): ParsedLine {
  const named = leadingLevel.exec(text);
  const level = named === null ? undefined : levelOf(named[1]);
  const message = named === null || level === undefined ? text : text.slice(named[0].length);
  return {
    timeMs,
    level: level ?? levelByWords(text),
    unit,
    message,
    stack: [],
    isMalformed: false,
  };
}

function afterTime(rest: string, timeMs: number | undefined): ParsedLine {
  const nginx = nginxError.exec(rest);
  if (nginx !== null) return formatNginxError(rest.slice(nginx[0].length), nginx[1], timeMs);
  const level = levelPair.exec(rest)?.[1];
  if (level !== undefined) {
    const found = messagePair.exec(rest);
    const message = found?.[1]?.replaceAll('\\"', '"') ?? found?.[2] ?? rest;
    const named = levelOf(level) ?? levelByWords(message);
    return { timeMs, level: named, unit: "", message, stack: [], isMalformed: false };
  }
  const writer = numberedWriter.exec(rest);
  // `2026-11-20T10:00:00+03:00 host unit[1]: text`, as journald and rsyslog write with precise times.
  if (writer !== null && levelOf(writer[1]) === undefined)
    return plain(rest.slice(writer[0].length), timeMs, `${writer[1]} ${writer[2] ?? writer[3]}`);
  return plain(rest, timeMs);
}

/** What follows the message of nginx's error log names the client and its request: none of it tells faults apart. */
function formatNginxError(
  text: string,
  level: string | undefined,
  timeMs: number | undefined,
): ParsedLine {
  const cut = /, (?:client|server|request|upstream|host|referrer): /.exec(text);
  const message = cut === null ? text : text.slice(0, cut.index);
  const named = levelOf(level) ?? levelByWords(message);
  return { timeMs, level: named, unit: "nginx", message, stack: [], isMalformed: false };
}

/** An access log's line is a request and its status; of the path only the first folder, which names a part of the site. */
function formatAccess(found: RegExpExecArray, clock: LogClock): ParsedLine {
  const [, , day, month, year, hour, minute, second, zone, request = "", status = ""] = found;
  const [method = "", target = ""] = request.split(" ");
  const isRequest = /^[A-Z]{3,16}$/.test(method);
  const written = wallMs({
    year: Number(year),
    month: monthNumber(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    ms: 0,
  });
  const level = status.startsWith("5") ? "error" : status.startsWith("4") ? "warn" : "info";
  return {
    timeMs: zoned(written, zone, clock),
    level,
    unit: "access",
    // A status says what happened; as a number it would be masked with all others.
    message: isRequest
      ? `${method} ${pathFamily(target)} ${statusWord(status)}`
      : `unreadable request ${statusWord(status)}`,
    stack: [],
    isMalformed: false,
  };
}

function pathFamily(target: string): string {
  const [path = ""] = target.split(/[?#]/);
  const [, first = "", ...rest] = path.split("/");
  if (first === "") return "/";
  const name = decoded(first);
  const shown = /^\p{L}[\p{L}_-]{0,23}$/u.test(name) ? name : "…";
  return rest.length === 0 || shown === "…" ? shown : `${shown}/…`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const statusWords: Readonly<Record<string, string>> = {
  200: "OK",
  201: "Created",
  204: "No-Content",
  206: "Partial-Content",
  301: "Moved-Permanently",
  302: "Found",
  304: "Not-Modified",
  400: "Bad-Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not-Found",
  405: "Method-Not-Allowed",
  408: "Request-Timeout",
  413: "Content-Too-Large",
  429: "Too-Many-Requests",
  499: "Client-Closed-Request",
  500: "Internal-Server-Error",
  502: "Bad-Gateway",
  503: "Service-Unavailable",
  504: "Gateway-Timeout",
};
const statusClasses = [
  "Other",
  "Informational",
  "Success",
  "Redirect",
  "Client-Error",
  "Server-Error",
];

function statusWord(status: string): string {
  return statusWords[status] ?? statusClasses[Number(status.charAt(0))] ?? "Other";
}

function formatSyslog(found: RegExpExecArray, rest: string, clock: LogClock): ParsedLine {
  const [, priority = "0", time, host, unit] = found;
  const parsed = plain(rest.replace(/^\ufeff/, ""), timeOf(time, clock), `${host} ${unit}`);
  return { ...parsed, level: levelOf(Number(priority) % 8) ?? parsed.level };
}

function formatOldSyslog(found: RegExpExecArray, rest: string, clock: LogClock): ParsedLine {
  const [, month, ...numbers] = found;
  const timeMs = yearless([String(monthNumber(month)), ...numbers], clock);
  const writer = syslogWriter.exec(rest);
  if (writer === null) return plain(rest, timeMs);
  return plain(rest.slice(writer[0].length), timeMs, `${writer[1]} ${writer[2]}`);
}

const klogLevels: Readonly<Record<string, LogLevel>> = {
  I: "info",
  W: "warn",
  E: "error",
  F: "fatal",
};

function formatKlog(found: RegExpExecArray, rest: string, clock: LogClock): ParsedLine {
  const [, letter = "", ...more] = found;
  const unit = more[5] ?? "";
  const timeMs = yearless(more, clock);
  const level = klogLevels[letter] ?? "info";
  return { timeMs, level, unit, message: rest, stack: [], isMalformed: false };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const monthNumber = (name: string | undefined): number => months.indexOf(name ?? "") + 1;

/** Month, day, hour, minute and second, as such logs write them. */
function yearless(numbers: readonly (string | undefined)[], clock: LogClock): number | undefined {
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers.map(Number);
  return withoutYear({ month, day, hour, minute, second }, clock);
}
