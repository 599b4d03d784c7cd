import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accessCovers, type Grant, plainGrants } from "@adyton/protocol";
import {
  envelopeExamples,
  messageTable,
  type MessageType,
  routeOf,
} from "@adyton/protocol/messages";
import { tokenFor } from "../http/test/http-fixture.ts";
import { LinesClient, testDoor, WebSocketClient } from "./test/socket-fixture.ts";

const table: readonly MessageType[] = messageTable;
const grants: readonly Grant[] = [...plainGrants, "command:*", "command:help"];

/** The message's first example: it passes every check but, where that is tested, the caller's. */
function goodMessage(message: MessageType, id: string): object {
  return { ...envelopeExamples(message)[0]?.envelope, id };
}

describe("every message with every grant", () => {
  it("is admitted exactly where the grant covers its operation, as over HTTP", async () => {
    await using door = await testDoor();
    let admitted = 0;
    let forbidden = 0;
    for (const grant of grants) {
      const authorization = `Bearer ${tokenFor([grant])}`;
      using client = await WebSocketClient.open(door.port, { authorization });
      for (const message of table) {
        client.tell(goodMessage(message, message.type));
        const answer = await client.answer(message.type);
        const what = `${message.type} with ${grant}: ${JSON.stringify(answer)}`;
        if (accessCovers(routeOf(message).access, [grant])) {
          assert.equal(answer.type, "result", what);
          admitted++;
        } else {
          assert.equal(answer["problem"].code, "forbidden", what);
          forbidden++;
        }
      }
    }
    assert.ok(admitted > table.length && forbidden > table.length, `${admitted}, ${forbidden}`);
  });

  it("needs a token where the operation does, of a caller on the loopback port", async () => {
    await using door = await testDoor();
    using client = new LinesClient({ port: door.linesPort });
    let refused = 0;
    for (const message of table) {
      const { access } = routeOf(message);
      client.tell(goodMessage(message, message.type));
      const answer = await client.answer(message.type);
      if (access.kind !== "token") assert.equal(answer.type, "result", message.type);
      else {
        assert.equal(answer["problem"].code, "unauthorized", message.type);
        assert.match(
          answer["problem"].detail,
          /adyton token add NAME --may [a-z:]+.* of a hello\./,
        );
        refused++;
      }
    }
    assert.ok(refused > 5 && refused < table.length);
  });

  it("is admitted on the unix socket, which is the owner's", async () => {
    await using door = await testDoor();
    using client = new LinesClient({ path: door.path });
    for (const message of table) {
      client.tell(goodMessage(message, message.type));
      assert.equal((await client.answer(message.type)).type, "result", message.type);
    }
  });
});
