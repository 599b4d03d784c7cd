import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { Secret } from "@adyton/runtime/secret";
import { askTime, timeLineBytesMax } from "@adyton/runtime/signed-time";
import { questionsMax, TimeServer } from "./time-server.ts";

const key = new Secret("k".repeat(64));
const nowMs = Date.UTC(2026, 10, 21);
const open = (): Promise<TimeServer> =>
  TimeServer.listen({ address: "127.0.0.1", port: 0, key, nowMs: () => nowMs });

/** What the server says to something, until it cuts. */
async function said({ port }: TimeServer, line: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.write(line);
  return await text(socket).catch(() => "");
}

describe("the relay's time", () => {
  it("is told to a node with the key, also in pieces", async () => {
    await using server = await open();
    const question = askTime(key);
    assert.equal(question.read(await said(server, question.line)), nowMs);
    const next = askTime(key);
    const socket = connect(server.port, "127.0.0.1");
    const answer = text(socket);
    for (const letter of next.line) socket.write(letter);
    assert.equal(next.read(await answer), nowMs);
  });

  const silent: readonly [name: string, line: string][] = [
    ["another key", askTime(new Secret("x".repeat(64))).line],
    ["no question", "GET / HTTP/1.1\r\n\r\n"],
    ["an endless line", "x".repeat(timeLineBytesMax + 1)],
    ["two questions", `${askTime(key).line}${askTime(key).line}`],
  ];
  for (const [name, line] of silent)
    it(`says nothing to ${name}`, async () => {
      await using server = await open();
      assert.equal(await said(server, line), "");
    });

  it("cuts off who comes beyond the limit, and hears the next when one has gone", async () => {
    await using server = await open();
    const held: Socket[] = [];
    for (let count = 0; count < questionsMax; count += 1) {
      const socket = connect(server.port, "127.0.0.1");
      await once(socket, "connect");
      held.push(socket);
    }
    const question = askTime(key);
    assert.equal(await said(server, question.line), "");
    for (const socket of held) socket.destroy();
    while (question.read(await said(server, question.line)) === undefined);
  });

  it("is told at an address of a tunnel alone, and at a free port", async () => {
    const listen = (address: string, port: number) => TimeServer.listen({ address, port, key });
    await assert.rejects(listen("8.8.8.8", 0), /not an address of a tunnel/);
    await using server = await open();
    await assert.rejects(listen("127.0.0.1", server.port), /cannot be opened/);
  });
});
