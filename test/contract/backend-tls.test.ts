import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ask, briefly, open, serve } from "./backend-fixture.ts";

describe("a server that should speak TLS", () => {
  it("is not talked to in the clear", async () => {
    let requests = 0;
    await using plain = await serve((_request, response) => {
      requests += 1;
      response.end();
    });
    await using backend = open(plain.url.replace("http:", "https:"));
    const { outcome } = await ask(backend, false);
    assert.equal(briefly(outcome), "unavailable");
    assert.match(outcome.kind === "failed" ? outcome.detail.en : "", /certificate/);
    assert.equal(requests, 0);
  });
});
