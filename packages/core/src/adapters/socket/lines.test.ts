import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { handlersOf } from "../http/test/http-fixture.ts";
import { LinesClient, testDoor } from "./test/socket-fixture.ts";

const text = (id: string, size: number) => {
  const envelope = (word: string) => JSON.stringify({ type: "message", id, text: word });
  return envelope("x".repeat(Math.max(1, size - envelope("").length)));
};

describe("lines", () => {
  const broken: readonly [name: string, line: string, code: string][] = [
    ["no JSON", "nonsense", "invalid_json"],
    ["half a value", '{"type":"health"', "invalid_json"],
    ["text that is not UTF-8", '{"type":"\xff"}', "invalid_json"],
    ["a list", "[]", "invalid_body"],
    ["a number", "5", "invalid_body"],
    ["nothing of a message", "{}", "invalid_body"],
    ["no id", '{"type":"health"}', "invalid_body"],
    ["an id that is a number", '{"type":"health","id":1}', "invalid_body"],
    ["an id with a space", '{"type":"health","id":"a b"}', "invalid_body"],
    ["an unknown type", '{"type":"fly","id":"1"}', "not_found"],
    ["a type of no text", '{"type":5,"id":"1"}', "not_found"],
    ["an unknown key", '{"type":"message","id":"1","text":"a","admin":true}', "invalid_body"],
    ["an unknown key where there is no body", '{"type":"health","id":"1","x":1}', "invalid_body"],
    [
      "an unknown key beside a body of its own",
      '{"type":"publish","id":"1","events":[],"x":1}',
      "invalid_body",
    ],
    ["a parameter of the wrong kind", '{"type":"journal","id":"1","last":true}', "invalid_body"],
    ["a parameter out of bounds", '{"type":"journal","id":"1","last":0}', "invalid_request"],
    [
      "a wait that is no number",
      '{"type":"message","id":"1","text":"a","waitSeconds":"1"}',
      "invalid_body",
    ],
    [
      "a key that is none",
      '{"type":"message","id":"1","text":"a","idempotencyKey":"a b"}',
      "invalid_request",
    ],
    ["a hello with more than it has", '{"type":"hello","name":"x"}', "invalid_body"],
    ["the key __proto__", '{"type":"message","id":"1","__proto__":{}}', "invalid_body"],
    [
      "too deep",
      `{"type":"publish","id":"1","events":${"[".repeat(70)}${"]".repeat(70)}}`,
      "invalid_json",
    ],
  ];
  for (const [name, line, code] of broken)
    it(`answer ${name} with ${code} and stay open`, async () => {
      await using door = await testDoor();
      using client = new LinesClient({ path: door.path });
      client.write(
        Buffer.from(
          `{"type":"health","id":"before"}\n${line}\n{"type":"health","id":"z"}\n`,
          "latin1",
        ),
      );
      await client.answer("z");
      const refusals = client.said.filter(({ type }) => type === "problem");
      assert.equal(refusals.length, 1, JSON.stringify(client.said));
      assert.equal(refusals[0]?.["problem"].code, code);
      assert.equal((await client.answer("before")).type, "result");
    });

  it("may have a carriage return, come in any pieces, and be empty", async () => {
    await using door = await testDoor();
    using client = new LinesClient({ path: door.path });
    const bytes = Buffer.from('\r\n\n{"type":"message","id":"1","text":"при\u{1f511}вет"}\r\n');
    client.write('{"type":"health","id":"0"}\n');
    await client.answer("0");
    for (const byte of bytes) client.write(Buffer.of(byte));
    assert.equal((await client.answer("1"))["data"].body.text, "при🔑вет");
  });

  it("have at most envelopeBytesMax bytes; a longer one is refused, passed over, and the next is read", async () => {
    await using door = await testDoor({}, { envelopeBytesMax: 1_000, skippedBytesMax: 5_000 });
    using client = new LinesClient({ path: door.path });
    client.write(`${text("fits", 1_000)}\n`);
    assert.equal((await client.answer("fits")).type, "result");
    client.write(`${text("long", 1_001)}\n{"type":"health","id":"next"}\n`);
    await client.answer("next");
    client.write(text("slow", 3_000));
    client.write(`${"y".repeat(100)}\n{"type":"health","id":"last"}\n`);
    await client.answer("last");
    const refusals = client.said.filter(({ type }) => type === "problem");
    assert.deepEqual(
      refusals.map((said) => [said["id"], said["problem"].code]),
      [
        [undefined, "payload_too_large"],
        [undefined, "payload_too_large"],
      ],
    );
  });

  it("that go on and on close the connection, with little memory", async () => {
    await using door = await testDoor({}, { envelopeBytesMax: 1_000, skippedBytesMax: 5_000 });
    using client = new LinesClient({ path: door.path });
    client.write("{");
    for (let sent = 0; sent < 100 && !client.socket.destroyed; sent++)
      client.write("z".repeat(1_000));
    await client.closed;
    assert.equal(client.said.at(-1)?.["problem"].code, "payload_too_large");
    assert.equal(door.server.http.bodyBytes, 0);
  });

  it("answer a client that has closed its sending side, and close then", async () => {
    const go = Promise.withResolvers<void>();
    const handlers = handlersOf(async () => {
      await go.promise;
      return { kind: "json", body: "done" };
    });
    await using door = await testDoor({ handlers });
    using client = new LinesClient({ path: door.path });
    client.socket.end('{"type":"health","id":"1"}\n{"type":"health","id":"2"}\n');
    await once(client.socket, "finish");
    go.resolve();
    await client.closed;
    assert.deepEqual(
      client.said.map(({ id }) => id),
      ["1", "2"],
    );
  });

  it("may lack the end of the last one, as `printf` leaves it", async () => {
    await using door = await testDoor();
    using client = new LinesClient({ path: door.path });
    client.socket.end('{"type":"health","id":"1"}\n{"type":"message","id":"2","text":"два"}');
    await client.closed;
    assert.equal((await client.answer("1")).type, "result");
    assert.equal((await client.answer("2"))["data"].body.text, "два");
    using cut = new LinesClient({ path: door.path });
    cut.socket.end('{"type":"message","id":"1","te');
    await cut.closed;
    assert.deepEqual(
      cut.said.map((said) => said["problem"].code),
      ["invalid_json"],
    );
  });

  it("notice that who closed its sending side and waits has gone, and send it nothing but empty lines", async () => {
    const ended = Promise.withResolvers<void>();
    const handlers = handlersOf(() =>
      Promise.resolve({
        kind: "stream",
        write: async ({ signal }) => {
          if (!signal.aborted) await once(signal, "abort");
          ended.resolve();
        },
      }),
    );
    await using door = await testDoor({ handlers }, { presenceCheckMs: 20 });
    using client = new LinesClient({ path: door.path });
    client.socket.end('{"type":"subscribe","id":"1"}\n');
    await client.hasHeardNothing;
    assert.deepEqual(client.said, []);
    client.socket.destroy();
    await ended.promise;
  });

  it("of an unfinished message count for their caller, beyond a small beginning", async () => {
    await using door = await testDoor(
      { limits: { bodyBytesMax: 60_000, bodyBytesForOwner: 20_000, bodyBytesLocalMax: 30_000 } },
      { uncountedBytesMax: 1_000 },
    );
    using first = new LinesClient({ port: door.linesPort });
    first.write(`{"type":"message","id":"1","text":"${"x".repeat(900)}`);
    using second = new LinesClient({ port: door.linesPort });
    second.write(`{"type":"message","id":"2","text":"${"x".repeat(25_000)}`);
    using third = new LinesClient({ port: door.linesPort });
    third.write(`{"type":"message","id":"3","text":"${"x".repeat(25_000)}`);
    const [one] = await Promise.race([
      second.until(({ type }) => type === "problem").then((said) => [said]),
      third.until(({ type }) => type === "problem").then((said) => [said]),
    ]);
    assert.equal(one?.["problem"].code, "busy");
    first.write('"}\n');
    assert.equal((await first.answer("1")).type, "result");
    second.socket.destroy();
    third.socket.destroy();
    first.socket.destroy();
    await Promise.all([first.closed, second.closed, third.closed]);
    using fourth = new LinesClient({ port: door.linesPort });
    fourth.write(`{"type":"message","id":"4","text":"${"x".repeat(25_000)}"}\n`);
    assert.equal((await fourth.answer("4")).type, "result");
  });
});

describe("an unfinished line", () => {
  it("is cut off when it counts and stands for a whole time; a small one may wait", async () => {
    const limits = { heartbeatMs: 60, uncountedBytesMax: 1_000 };
    await using door = await testDoor({}, limits);
    using small = new LinesClient({ port: door.linesPort });
    small.write(`{"type":"message","id":"1","text":"${"x".repeat(900)}`);
    using large = new LinesClient({ port: door.linesPort });
    large.write(`{"type":"message","id":"1","text":"${"x".repeat(1_000)}`);
    await large.closed;
    assert.equal(door.door.slow, 1);
    small.write('"}\n');
    assert.equal((await small.answer("1")).type, "result");
  });
});

describe("the loopback port", () => {
  it("is no place for a web page's request, with lines in its body", async () => {
    await using door = await testDoor();
    using client = new LinesClient({ port: door.linesPort });
    client.write('POST / HTTP/1.1\r\nHost: x\r\n\r\n{"type":"health","id":"1"}\n');
    await client.closed;
    assert.deepEqual(client.said, []);
  });

  it("closes on who says nothing", async () => {
    await using door = await testDoor({}, { silentMsMax: 50 });
    using client = new LinesClient({ port: door.linesPort });
    await client.closed;
    assert.deepEqual(client.said, []);
  });
});
