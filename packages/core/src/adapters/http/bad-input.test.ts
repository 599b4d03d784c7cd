import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type TestServer, testServer } from "./test/http-fixture.ts";
import { expectRefusal, good, table } from "./test/route-requests.ts";
import { spoiledBodies } from "./test/spoiled-bodies.ts";
import { spoiledHeads } from "./test/spoiled-heads.ts";

// Every route of the table is sent every kind of bad input that can be built from its row. Whatever comes, the answer
// is a problem of the closed list with the status of its code, is never `internal`, and tells nothing.

let server: TestServer;
before(async () => (server = await testServer({ limits: { lingerMs: 200 } })));
after(() => server[Symbol.asyncDispose]());

describe("the requests the faults are made from", () => {
  it("are answered by every route as long as they are sound", async () => {
    for (const route of table) {
      const answer = await ask(server.port, good(route));
      assert.equal(answer.status, route.status, `${route.id}: ${answer.body}`);
    }
  });
});

describe("bad input on every route", () => {
  for (const { name, routes: of, requests, codes } of [...spoiledHeads, ...spoiledBodies])
    it(`refuses ${name} on ${of.length} routes`, async () => {
      assert.ok(of.length > 0);
      let sent = 0;
      for (const route of of)
        for (const request of requests(route)) {
          await expectRefusal(server.port, request, ...codes);
          sent++;
        }
      assert.ok(sent >= of.length, `only ${sent} requests`);
      assert.deepEqual(server.log, [], "something failed inside");
    });
});
