/**
 * Times of a log, by arithmetic alone: a line is read millions of times, and a time without a zone is one of the machine
 * that reads it, which only its caller knows.
 */
export interface WallTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Fraction of the second. */
  readonly ms: number;
}

/** What a reader of logs must be told, because it has neither a clock nor a zone. */
export interface LogClock {
  readonly nowMs: number;
  /** Milliseconds that the machine's zone is ahead of UTC at a time of its own wall clock, given as if that were UTC. */
  zoneMs(wallMs: number): number;
}

const dayMs = 86_400_000;

/**
 * Milliseconds since 1970 as if the time were UTC; `undefined` where the calendar has no such time. Days from civil:
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
export function wallMs({ year, month, day, hour, minute, second, ms }: WallTime) {
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  return days * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1_000 + ms;
}

const isoForm =
  /^\[?(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?\]?[ \t:]*/;

/** A time at the beginning of a text, and what follows it; `undefined` where none stands there. */
export function leadingTime(
  text: string,
  clock: LogClock,
): { readonly timeMs: number | undefined; readonly length: number } | undefined {
  const found = isoForm.exec(text);
  if (found === null) return undefined;
  const [whole, year, month, day, hour, minute, second, fraction = "", zone] = found;
  const asUtc = wallMs({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    ms: Math.floor(Number(`0.${fraction}0`) * 1_000),
  });
  return { timeMs: zoned(asUtc, zone, clock), length: whole.length };
}

/** A text that is a time; what follows it is not looked at. */
export function timeOf(text: string | undefined, clock: LogClock): number | undefined {
  return text === undefined ? undefined : leadingTime(text, clock)?.timeMs;
}

/** The UTC of a wall time in a zone written as `Z`, `+03:00` or `+0300`, or in the machine's own. */
export function zoned(asUtc: number | undefined, zone: string | undefined, clock: LogClock) {
  if (asUtc === undefined || zone === "Z") return asUtc;
  if (zone === undefined) return asUtc - clock.zoneMs(asUtc);
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return asUtc - minutes * (zone.startsWith("-") ? -60_000 : 60_000);
}

/** A time of a log that writes no year, in the machine's own zone: the year that puts it closest before now. */
export function withoutYear(time: Omit<WallTime, "year" | "ms">, clock: LogClock) {
  const at = (year: number): number | undefined =>
    zoned(wallMs({ ...time, year, ms: 0 }), undefined, clock);
  const year = yearOf(clock.nowMs);
  const timeMs = at(year);
  return timeMs !== undefined && timeMs > clock.nowMs + dayMs ? at(year - 1) : timeMs;
}

/** The year of a time in UTC. An average year leads to it or to its neighbour. */
function yearOf(timeMs: number): number {
  const guess = 1970 + Math.floor(timeMs / (365.2425 * dayMs));
  if (timeMs < startOf(guess)) return guess - 1;
  return timeMs < startOf(guess + 1) ? guess : guess + 1;
}

function startOf(year: number): number {
  return wallMs({ year, month: 1, day: 1, hour: 0, minute: 0, second: 0, ms: 0 }) ?? 0;
}
