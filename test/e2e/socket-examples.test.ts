import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { messageTable, type MessageType, messageType, routeOf } from "@adyton/protocol/messages";
import { Problem } from "@adyton/protocol";
import { parse } from "yaml";
import { Lines, type MessageSocket, RawWebSocket } from "./message-socket.ts";
import { NodeProcess } from "./node-process.ts";

// Every example of the published specification of the sockets, sent to a live node in both framings.

interface Example {
  readonly name: string;
  readonly payload: { readonly type: string; readonly id?: string };
  readonly "x-status"?: number;
}
const file = join(import.meta.dirname, "../../reverse-api-events.yaml");
const spec = parse(readFileSync(file, "utf8")) as {
  components: { messages: Record<string, { examples?: Example[] }> };
};
const examples = Object.values(spec.components.messages).flatMap(
  (message) => message.examples ?? [],
);

const framings = {
  "a WebSocket": (node: NodeProcess): Promise<MessageSocket> =>
    RawWebSocket.open({ port: node.port, token: node.owner }),
  "lines on the unix socket": async (node: NodeProcess): Promise<MessageSocket> =>
    new Lines({ path: join(node.home, "adyton.sock") }),
};

for (const [name, open] of Object.entries(framings))
  describe(`every example of the sockets' specification over ${name}`, () => {
    let node: NodeProcess;
    before(async () => {
      node = await NodeProcess.start();
    });
    after(() => node[Symbol.asyncDispose]());

    test("is there for every message", () => {
      const types = new Set(examples.map(({ payload }) => payload.type));
      for (const { type } of messageTable) assert.ok(types.has(type), type);
      assert.ok(types.has("hello") && types.has("ack") && types.has("stop"));
    });

    for (const { name: what, payload, "x-status": status } of examples)
      test(`${payload.type}: ${what} is answered with ${status ?? "what it says"}`, async () => {
        using talk = await open(node);
        talk.tell(payload);
        const message: MessageType | undefined = messageType(payload.type);
        if (message === undefined || status === undefined) {
          // What has no answer of its own leaves the connection as it is.
          if (payload.type === "hello") await talk.until(({ type }) => type === "ready");
          talk.tell({ type: "health", id: "after" });
          assert.equal((await talk.answer("after")).type, "result");
          return;
        }
        const id = payload.id ?? "";
        const answer = await (message.stream === true
          ? talk.until((said) => said.id === id)
          : talk.answer(id));
        if (status >= 400) {
          assert.equal(answer.type, "problem", JSON.stringify(answer));
          assert.equal(Problem.parse(answer["problem"]).status, status);
        } else if (message.stream === true) assert.equal(answer.type, "event");
        else {
          assert.equal(answer.type, "result", JSON.stringify(answer));
          assert.equal(answer["status"], status);
          routeOf(message).response.schema.parse(answer["data"]);
        }
      });
  });
