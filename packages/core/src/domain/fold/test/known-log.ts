/** A log of forty known statements with random values in them, from a seed: what a parser should find is known. */

type Draw = (below: number) => number;

/** Mulberry32: small, seeded, good enough to draw values. */
export function seededDraw(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const people = ["alice", "bob", "carol", "dmitri", "елена", "farid", "grace", "иван"];
const pick = <T>(draw: Draw, values: readonly T[]): T => values[draw(values.length)] as T;
const hex = (draw: Draw, digits: number): string =>
  Array.from({ length: digits }, () => draw(16).toString(16)).join("");
const ip = (draw: Draw): string => `10.${draw(250)}.${draw(250)}.${draw(250)}`;

/** A value for each name in braces. */
const values: Readonly<Record<string, (draw: Draw) => string>> = {
  n: (draw) => String(draw(100_000)),
  ip,
  addr: (draw) => `${ip(draw)}:${1_024 + draw(60_000)}`,
  uuid: (draw) =>
    [8, 4, 4, 4, 12]
      .map((digits) => hex(draw, digits))
      .join("-")
      .replace(/^./, "a"),
  hex: (draw) => `0x${hex(draw, 8)}`,
  path: (draw) => `/var/lib/${pick(draw, ["app", "db", "queue"])}/${draw(1_000)}.dat`,
  user: (draw) => pick(draw, people),
  mail: (draw) => `${pick(draw, ["a", "b", "c"])}${draw(99)}@example.com`,
  url: (draw) => `https://host${draw(20)}.example.com/v1/items/${draw(1_000)}`,
  ms: (draw) => `${draw(5_000)}ms`,
  size: (draw) => `${draw(900)}MB`,
  q: (draw) => `"${pick(draw, ["order", "invoice", "заказ"])} ${draw(1_000)}"`,
};

export const statements: readonly (readonly [level: string, statement: string])[] = [
  ["ERROR", "connect to {addr} failed: connection refused after {ms}"],
  ["ERROR", "write to {path} failed: no space left on device"],
  ["ERROR", "authentication of user {user} from {ip} failed: invalid signature"],
  ["ERROR", "не удалось записать файл {path}: на устройстве нет места"],
  ["ERROR", "соединение с {addr} отклонено удалённым узлом"],
  ["ERROR", "payment {uuid} was rejected by the bank with code {n}"],
  ["ERROR", "certificate of {url} has expired since {n} days"],
  ["ERROR", "out of memory: killed process {n} using {size}"],
  ["ERROR", "query {hex} timed out after {ms} on replica {n}"],
  ["ERROR", "cannot parse message {q} at offset {n}"],
  ["WARN", "queue length {n} exceeds the soft limit"],
  ["WARN", "slow request {uuid} took {ms}"],
  ["WARN", "retry {n} of upload {path} in {ms}"],
  ["WARN", "disk usage at {n} percent on volume {n}"],
  ["WARN", "предупреждение: очередь выросла до {n} заданий"],
  ["WARN", "clock drift of {ms} against {ip} detected"],
  ["WARN", "deprecated header sent by client {ip}"],
  ["WARN", "rate limit reached for {mail}, blocking for {ms}"],
  ["INFO", "user {user} logged in from {ip}"],
  ["INFO", "user {user} logged out after {n} minutes of activity"],
  ["INFO", "worker {n} picked job {uuid}"],
  ["INFO", "job {uuid} finished in {ms}"],
  ["INFO", "cache entry {hex} evicted"],
  ["INFO", "listening on {addr}"],
  ["INFO", "configuration loaded from {path} with {n} keys"],
  ["INFO", "sent mail to {mail} about {q}"],
  ["INFO", "fetched {url} with {n} bytes"],
  ["INFO", "пользователь {user} вошёл с адреса {ip}"],
  ["INFO", "задание {uuid} выполнено за {ms}"],
  ["INFO", "checkpoint complete: wrote {n} buffers, {size} total"],
  ["INFO", "replication lag is {ms}"],
  ["INFO", "garbage collection freed {size} in {ms}"],
  ["INFO", "session {hex} created for device {hex}"],
  ["INFO", "index rebuilt with {n} documents"],
  ["INFO", "backup written to {path} ({size})"],
  ["DEBUG", "lock {hex} acquired by thread {n}"],
  ["DEBUG", "lock {hex} released by thread {n} after {ms}"],
  ["DEBUG", "heartbeat {n} to peer {addr}"],
  ["DEBUG", "ping"],
  ["DEBUG", "resolved host to {ip} in {ms}"],
];

export interface KnownLine {
  readonly text: string;
  /** Which of the statements wrote it. */
  readonly statement: number;
}

/** The line with a number of a log: drawn from the seed alone, so that a long log need not be held. */
export function* knownLines(seed: number, count: number): Generator<KnownLine> {
  const draw = seededDraw(seed);
  const startMs = Date.UTC(2026, 10, 20, 10);
  for (let at = 0; at < count; at += 1) {
    const statement = draw(statements.length);
    const [level, form] = statements[statement] ?? ["INFO", ""];
    const said = form.replace(/\{(\w+)\}/g, (_, name: string) => values[name]?.(draw) ?? "");
    const time = new Date(startMs + at * 37).toISOString();
    yield { text: `${time} ${level} ${said}`, statement };
  }
}
