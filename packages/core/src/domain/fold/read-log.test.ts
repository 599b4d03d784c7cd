import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lineCharsMax, type LogRecord, stackLinesMax } from "./log-record.ts";
import { LogReader, readLog } from "./read-log.ts";

const nowMs = Date.UTC(2026, 10, 21, 12);
/** Three hours ahead, whatever the machine's own zone. */
const clock = { nowMs, zoneMs: () => 3 * 3_600_000 };

function read(log: string | Uint8Array) {
  const bytes = typeof log === "string" ? Buffer.from(log) : log;
  const records: LogRecord[] = [];
  const reader = new LogReader(clock, (record) => records.push(record));
  const steps = [...readLog({ bytes }, reader, 1)].length;
  return { records, counts: reader.counts, steps };
}

const at = (time: string): number => Date.parse(time);
const bytes = (...codes: number[]): string => String.fromCharCode(...codes);

type Case = [
  name: string,
  line: string,
  level: string,
  message: string,
  timeMs: number | undefined,
];
const cases: readonly Case[] = [
  [
    "the node's own log",
    '{"time":"2026-11-20T10:00:00.000Z","level":"warn","message":"the model server\'s state changed","name":"main"}',
    "warn",
    "the model server's state changed",
    at("2026-11-20T10:00:00Z"),
  ],
  [
    "journald's JSON",
    '{"__REALTIME_TIMESTAMP":"1763632800000000","PRIORITY":"3","_HOSTNAME":"box","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"error: kex_exchange_identification"}',
    "error",
    "error: kex_exchange_identification",
    1_763_632_800_000,
  ],
  [
    "journald's JSON with bytes",
    '{"PRIORITY":"4","MESSAGE":[104,105,32,255]}',
    "warn",
    "hi \ufffd",
    undefined,
  ],
  [
    "pino's JSON",
    '{"level":50,"time":1763632800000,"msg":"boom"}',
    "error",
    "boom",
    1_763_632_800_000,
  ],
  [
    "Docker's JSON",
    '{"log":"ERROR cannot bind\\n","stream":"stderr","time":"2026-11-20T10:00:00.5Z"}',
    "error",
    "ERROR cannot bind",
    at("2026-11-20T10:00:00.5Z"),
  ],
  [
    "nginx's access log",
    '203.0.113.7 - ivan [20/Nov/2026:13:00:00 +0300] "GET /api/orders/17?token=x HTTP/1.1" 502 559 "-" "curl/8.5"',
    "error",
    "GET api/… Bad-Gateway",
    at("2026-11-20T10:00:00Z"),
  ],
  [
    "nginx's access log of what is no request",
    '203.0.113.7 - - [20/Nov/2026:13:00:00 +0300] "\\x16\\x03\\x01" 400 157 "-" "-"',
    "warn",
    "unreadable request Bad-Request",
    at("2026-11-20T10:00:00Z"),
  ],
  [
    "nginx's error log",
    '2026/11/20 10:00:00 [error] 1234#1234: *45 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.7, server: example.com, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:3000/", host: "example.com"',
    "error",
    "connect() failed (111: Connection refused) while connecting to upstream",
    at("2026-11-20T10:00:00+03:00"),
  ],
  [
    "old syslog",
    "Nov 20 10:00:00 box kernel: Out of memory: Killed process 1234 (python3)",
    "error",
    "Out of memory: Killed process 1234 (python3)",
    at("2026-11-20T10:00:00+03:00"),
  ],
  [
    "old syslog of last year",
    "Dec 31 23:59:59 box cron[77]: job done",
    "info",
    "job done",
    at("2025-12-31T23:59:59+03:00"),
  ],
  [
    "new syslog",
    '<11>1 2026-11-20T10:00:00Z box app 12 ID47 [x@1 a="b"] диск заполнен',
    "error",
    "диск заполнен",
    at("2026-11-20T10:00:00Z"),
  ],
  [
    "journald's precise short form",
    "2026-11-20T13:00:00+03:00 box app[1]: Ошибка: нет места",
    "error",
    "Ошибка: нет места",
    at("2026-11-20T10:00:00Z"),
  ],
  [
    "a line of a program that has a colon",
    "2026-11-20T10:00:00Z disk full: no room",
    "info",
    "disk full: no room",
    at("2026-11-20T10:00:00Z"),
  ],
  [
    "old syslog with a Russian writer",
    "Nov 20 10:00:00 box почта[7]: письмо не отправлено",
    "info",
    "письмо не отправлено",
    at("2026-11-20T10:00:00+03:00"),
  ],
  ["a time that the calendar lacks", "2026-13-20T10:00:00Z ERROR odd", "error", "odd", undefined],
  [
    "Python's logging",
    "2026-11-20 10:00:00,123 WARNING worker: slow",
    "warn",
    "worker: slow",
    at("2026-11-20T10:00:00.123+03:00"),
  ],
  ["a level in brackets", "[ERROR] cannot bind", "error", "cannot bind", undefined],
  [
    "logfmt",
    'time=2026-11-20T10:00:00Z level=error msg="cannot \\"bind\\"" port=80',
    "error",
    'cannot "bind"',
    at("2026-11-20T10:00:00Z"),
  ],
  [
    "Kubernetes",
    "E1120 10:00:00.123456       1 reflector.go:138] Failed to watch",
    "error",
    "Failed to watch",
    at("2026-11-20T10:00:00+03:00"),
  ],
  ["nothing known", "просто строка", "info", "просто строка", undefined],
];

describe("a line", () => {
  for (const [name, line, level, message, timeMs] of cases)
    it(`is read as ${name}`, () => {
      const [record] = read(line).records;
      assert.equal(record?.level, level);
      assert.equal(record?.message, message);
      assert.equal(record?.timeMs, timeMs);
    });

  it("that breaks the form it begins with counts and stays", () => {
    const { records, counts } = read('{"level":"error","message":\n{"n":1}\nfine\nbro\ufffdken');
    assert.equal(records.length, 4);
    assert.deepEqual(counts, { lines: 4, malformed: 3, cut: 0, joined: 0 });
    assert.equal(records[0]?.message, '{"level":"error","message":');
  });

  it(`is looked at up to ${lineCharsMax} characters`, () => {
    assert.equal(read("x".repeat(lineCharsMax)).counts.cut, 0);
    const { records, counts } = read("x".repeat(lineCharsMax + 1));
    assert.equal(counts.cut, 1);
    assert.equal(records[0]?.message.length, lineCharsMax);
  });

  it("without a time has that of the line before, and keeps its number", () => {
    const { records } = read("2026-11-20T10:00:00Z INFO one\n\ntwo\r\n");
    assert.equal(records[1]?.timeMs, at("2026-11-20T10:00:00Z"));
    assert.deepEqual(
      records.map(({ line, message }) => [line, message]),
      [
        [1, "one"],
        [3, "two"],
      ],
    );
  });

  it("leaves others time after each step", () => assert.equal(read("a\nb\nc").steps, 3));
});

describe("a stack is one record", () => {
  it("of Node", () => {
    const { records, counts } = read(
      "ERROR TypeError: x is not a function\n    at run (/srv/app/src/jobs.js:10:5)\n    at node:internal/main:1:1\nINFO next",
    );
    assert.equal(records.length, 2);
    assert.equal(records[0]?.stack.length, 2);
    assert.equal(counts.joined, 2);
  });

  it("of Python, whose last line says what it was", () => {
    const { records } = read(
      'Traceback (most recent call last):\n  File "/srv/app/main.py", line 3, in <module>\n    run()\nValueError: нет такого ключа\nINFO next',
    );
    assert.deepEqual(
      records.map(({ message }) => message),
      ["ValueError: нет такого ключа", "next"],
    );
  });

  it("of Python behind a line of its logging", () => {
    const { records } = read(
      "2026-11-20 10:00:00,1 ERROR job failed\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n2026-11-20 10:00:01,1 INFO ok",
    );
    assert.deepEqual(
      records.map(({ message, stack }) => [message, stack.length]),
      [
        ["job failed", 3],
        ["ok", 0],
      ],
    );
  });

  it("of Java, with its causes", () => {
    const { records } = read(
      "java.lang.IllegalStateException: closed\n\tat org.shop.Cart.add(Cart.java:10)\nCaused by: java.io.IOException: reset\n\t... 3 more\nnext",
    );
    assert.equal(records.length, 2);
    assert.equal(records[0]?.stack.length, 3);
  });

  it(`of ${stackLinesMax} lines at most; the others belong to it too`, () => {
    for (const [lines, kept] of [
      [stackLinesMax, stackLinesMax],
      [stackLinesMax + 1, stackLinesMax],
    ] as const) {
      const { records, counts } = read(`boom\n${"  at x\n".repeat(lines)}`);
      assert.equal(records.length, 1);
      assert.equal(records[0]?.stack.length, kept);
      assert.equal(counts.joined, lines);
    }
  });
});

describe("a table", () => {
  const rows = "2026-11-20T10:00:00Z,ERROR,disk full\n2026-11-20T10:00:01Z,INFO,ok\n";
  const told = (log: string) => {
    const { records, counts } = read(log);
    return [records.map(({ level, message }) => `${level} ${message}`), counts.malformed];
  };

  it("is read by the names of its columns, in either language, with any separator", () => {
    const expected = [["error disk full", "info ok"], 0];
    assert.deepEqual(told(`time,level,message\n${rows}`), expected);
    assert.deepEqual(told(`\ufeffTime;Level;Message\r\n${rows.replaceAll(",", ";")}`), expected);
    assert.deepEqual(told(`время\tуровень\tсообщение\n${rows.replaceAll(",", "\t")}`), expected);
    assert.equal(
      read(`time,level,message\n${rows}`).records[0]?.timeMs,
      at("2026-11-20T10:00:00Z"),
    );
  });

  it("has values in quotes, with separators, quotes and line ends in them", () => {
    const { records } = read('level,message\nERROR,"one, ""two""\n  at x (a.js:1:1)"\nINFO,ok');
    assert.deepEqual(
      records.map(({ message, stack }) => [message, stack.length]),
      [
        ['one, "two"', 1],
        ["ok", 0],
      ],
    );
  });

  it("counts a row that has too few or too many values, and a quote that is never closed", () => {
    assert.deepEqual(told("level,message,n\nERROR,short\nINFO,a,b,c\nINFO,fine,1"), [
      ["error short", "info a", "info fine"],
      2,
    ]);
    assert.deepEqual(told('level,message\nERROR,"open\nINFO,ok'), [
      ['error ERROR,"open', "info ok"],
      1,
    ]);
  });

  it("is none where no column is named like a message and a time or level", () => {
    for (const log of ["a,b\n1,2", "message,n\nx,1", "ERROR disk, full\nINFO ok", "message\nx"])
      assert.equal(read(log).records.length, 2, log);
  });

  it("is known by its first line where only its tail was read", () => {
    const records: LogRecord[] = [];
    const reader = new LogReader(clock, (each) => records.push(each));
    const tail = { bytes: Buffer.from("ERROR,disk full\n"), firstLine: "level,message" };
    for (const _ of readLog(tail, reader, 1));
    assert.deepEqual(
      records.map(({ level, message }) => [level, message]),
      [["error", "disk full"]],
    );
  });
});

describe("a record in fields", () => {
  it("may be longer than what is looked at of its message", () => {
    const line = (chars: number) => JSON.stringify({ level: "error", message: "x".repeat(chars) });
    assert.equal(read(line(lineCharsMax)).counts.cut, 0);
    const { records, counts } = read(line(lineCharsMax + 1));
    assert.deepEqual([counts.cut, counts.malformed, records[0]?.level], [1, 0, "error"]);
    assert.equal(records[0]?.message.length, lineCharsMax);
  });

  it("may say how it wants to be told apart", () => {
    const named = (fingerprint: unknown) =>
      read(JSON.stringify({ message: "x", fingerprint })).records[0]?.fingerprint;
    assert.equal(named("bank"), "bank");
    assert.equal(named(["bank", "card"]), "bank card");
    for (const nothing of [7, "", [], [7], null]) assert.equal(named(nothing), undefined);
  });
});

describe("journald's export", () => {
  const entry = (message: string, priority = 3): string =>
    `__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1763632800000000\n_HOSTNAME=box\nPRIORITY=${priority}\nSYSLOG_IDENTIFIER=app\n${message}\n_PID=1\n\n`;

  it("is read entry by entry", () => {
    const { records, counts } = read(entry("MESSAGE=диск заполнен") + entry("MESSAGE=ok", 6));
    assert.deepEqual(
      records.map(({ level, message, unit, timeMs }) => [level, message, unit, timeMs]),
      [
        ["error", "диск заполнен", "box app", 1_763_632_800_000],
        ["info", "ok", "box app", 1_763_632_800_000],
      ],
    );
    assert.deepEqual(counts, { lines: 2, malformed: 0, cut: 0, joined: 0 });
  });

  it("has messages of several lines with their length before them", () => {
    const text = "boom\nв строке";
    const length = Buffer.byteLength(text);
    const { records } = read(entry(`MESSAGE\n${bytes(length, 0, 0, 0, 0, 0, 0, 0)}${text}`));
    assert.equal(records[0]?.message, "boom");
    assert.deepEqual(records[0]?.stack, ["в строке"]);
  });

  it("has a message of any bytes, and of any length", () => {
    for (const length of [10, 127, 128, 200, 255, 256, 1_000]) {
      const message = Buffer.concat([Buffer.from([0xff]), Buffer.alloc(length - 1, "x")]);
      const head = Buffer.alloc(8);
      head.writeBigUInt64LE(BigInt(length));
      const log = Buffer.concat([
        Buffer.from("__CURSOR=s=1\nPRIORITY=3\nMESSAGE\n"),
        head,
        message,
        Buffer.from(`\n_PID=1\n\n${entry("MESSAGE=after")}`),
      ]);
      const { records, counts } = read(log);
      assert.equal(records[0]?.message, `\ufffd${"x".repeat(length - 1)}`);
      assert.deepEqual([records.length, counts.malformed], [2, 0], `${length}`);
      // The same, after it went through text: what follows the length tells where the value ends.
      const damaged = read(Buffer.from(log.toString()));
      assert.equal(damaged.records[0]?.message, records[0]?.message);
      assert.equal(damaged.records.length, 2);
      const withoutZeros = read(log.toString().replaceAll("\0", "\ufffd"));
      assert.match(withoutZeros.records[0]?.message ?? "", /^\ufffd?x+$/);
      assert.deepEqual([withoutZeros.records.length, withoutZeros.counts.malformed], [2, 0]);
    }
  });

  it("keeps an entry whose length does not fit, which counts", () => {
    const broken = entry(`MESSAGE\n${bytes(255, 255, 0, 0, 0, 0, 0, 0)}short\nand more`);
    const { records, counts } = read(broken + entry("MESSAGE=after"));
    assert.deepEqual(
      records.map(({ message, stack }) => [message, stack.length]),
      [
        ["short", 1],
        ["after", 0],
      ],
    );
    assert.deepEqual([counts.lines, counts.malformed], [2, 1]);
  });

  it("may begin in the middle of an entry", () => {
    const { records } = read(`ITIER=x\n_PID=7\n\n${entry("MESSAGE=whole")}`);
    assert.deepEqual(
      records.map(({ message }) => message),
      ["whole"],
    );
  });
});
