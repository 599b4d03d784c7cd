import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { it } from "node:test";
import { WireFetch } from "./wire-fetch.ts";

/** Nothing listens there, and nobody but root may. */
const closedPort = 1;
const url = "https://api.telegram.org/bot1:x/getMe";

it("tells a relay that is away from a messenger that is", async () => {
  using away = new WireFetch({ relay: { host: "127.0.0.1", port: closedPort } });
  await assert.rejects(away.fetch(url), { code: "RELAY_ECONNREFUSED" });
  using nameless = new WireFetch({ relay: { host: "relay.invalid", port: closedPort } });
  await assert.rejects(nameless.fetch(url), { code: /^RELAY_E(?:NOTFOUND|AI_AGAIN)$/ });
  using direct = new WireFetch();
  await assert.rejects(direct.fetch(`https://127.0.0.1:${closedPort}/`), { code: "ECONNREFUSED" });
});

it("does not blame a relay that was reached", async () => {
  await using server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  using wire = new WireFetch({ relay: { host: "127.0.0.1", port: address.port } });
  await assert.rejects(wire.fetch(url), { code: "ECONNRESET" });
});
