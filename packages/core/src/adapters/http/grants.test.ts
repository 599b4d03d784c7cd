import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Grant,
  plainGrants,
  type Route,
  routes,
  speaksOpenAi,
  type Tier,
  tierGrants,
  tiers,
} from "@adyton/protocol";
import type { Principal } from "../../ports/http.ts";
import {
  ask,
  asOwner,
  authenticate,
  jsonType,
  problemOf,
  type RawRequest,
  testServer,
  tokenFor,
} from "./test/http-fixture.ts";

const table: readonly Route[] = routes;
const grants: readonly Grant[] = [...plainGrants, "command:*", "command:help"];

/** The route's first example as a request: it passes every check but, where that is tested, the caller's. */
function goodRequest(route: Route, bearer?: string): RawRequest {
  const example = route.examples[0];
  let target = route.path;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(example?.parameters ?? {}))
    if (target.includes(`{${name}}`)) target = target.replace(`{${name}}`, value);
    else query.set(name, value);
  const headers = bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`] as const];
  return {
    method: route.method,
    target: query.size === 0 ? target : `${target}?${query.toString()}`,
    headers: route.body === undefined ? headers : [...headers, jsonType],
    ...(route.body === undefined ? {} : { body: JSON.stringify(example?.body) }),
  };
}

/** What the contract says, spelled out apart from the code under test. */
function permits(route: Route, held: readonly Grant[]): boolean {
  if (route.access.kind === "open") return true;
  const { grant } = route.access;
  return (
    held.includes("admin") ||
    held.includes(grant) ||
    (route.id === "runCommand" && held.some((one) => one.startsWith("command:"))) ||
    (/^(insert|remove)Prompt$/.test(route.id) &&
      (held.includes("command:*") || held.includes("command:prompt"))) ||
    (grant === "memory:propose" && held.includes("memory:write"))
  );
}

describe("every route with every grant", () => {
  it("admits exactly the callers whose grants cover the route", async () => {
    await using server = await testServer();
    let admitted = 0;
    let forbidden = 0;
    for (const route of table)
      for (const grant of grants) {
        const answer = await ask(server.port, goodRequest(route, tokenFor([grant])));
        const what = `${route.id} with ${grant}: ${answer.status} ${answer.body}`;
        if (permits(route, [grant])) {
          assert.equal(answer.status, route.status, what);
          admitted++;
        } else {
          const refusal = problemOf(answer);
          assert.equal(refusal.code, "forbidden", what);
          assert.match(
            refusal.detail ?? "",
            /grant (say|read|event|rules|admin|memory:\w+)\./,
            what,
          );
          forbidden++;
        }
      }
    assert.ok(admitted > table.length && forbidden > table.length, `${admitted}, ${forbidden}`);
  });

  it("admits nobody by several weak grants together, and everybody by one that fits", async () => {
    await using server = await testServer();
    for (const route of table) {
      if (route.access.kind === "open") continue;
      const { grant } = route.access;
      const others = grants.filter((other) => !permits(route, [other]));
      const refusal = problemOf(await ask(server.port, goodRequest(route, tokenFor(others))));
      assert.equal(refusal.code, "forbidden", route.id);
      assert.ok(refusal.detail?.includes(`grant ${grant}.`), refusal.detail);
      const answer = await ask(server.port, goodRequest(route, tokenFor([...others, grant])));
      assert.equal(answer.status, route.status, route.id);
    }
  });
});

describe("every route without a token, for a caller of every tier", () => {
  for (const tier of tiers)
    it(`speaks for ${tier}`, async () => {
      const local: Principal = { id: tier, tier, grants: tierGrants[tier], person: tier };
      await using server = await testServer({ local });
      for (const route of table) {
        const answer = await ask(server.port, goodRequest(route));
        const expected = permits(route, tierGrants[tier]) && !(isLocal(tier) && isToken(route));
        if (expected) assert.equal(answer.status, route.status, `${route.id}: ${answer.body}`);
        else {
          const refusal = problemOf(answer);
          assert.equal(refusal.code, "unauthorized", route.id);
          assert.match(refusal.detail ?? "", /adyton token add NAME --may [a-z:]+/);
          assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer realm="adyton"$/);
        }
      }
    });

  it("never lets a caller without a token through a token's door, whatever it is granted", async () => {
    const local: Principal = { id: "local", tier: "local", grants: ["admin"], person: "local" };
    await using server = await testServer({ local });
    for (const route of table)
      assert.equal(
        (await ask(server.port, goodRequest(route))).status,
        isToken(route) ? 401 : route.status,
        route.id,
      );
  });
});

describe("bearers", () => {
  const bad = [
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Bearer ключ",
    "Basic YTpi",
    "Bearer unknown",
    `Bearer ${"a".repeat(513)}`,
    "Token x",
    "",
  ];
  for (const header of bad)
    it(`refuses ${JSON.stringify(header.slice(0, 20))} on every route, open ones too`, async () => {
      await using server = await testServer();
      for (const route of table.filter(({ path }) => !speaksOpenAi(path))) {
        const request = goodRequest(route);
        const headers = [
          ...(request.headers ?? []),
          ["Authorization", Buffer.from(header).toString("latin1")] as const,
        ];
        const answer = await ask(server.port, { ...request, headers });
        assert.equal(problemOf(answer).code, "unauthorized", route.id);
        assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer realm="adyton", error=/);
      }
    });

  it("passes over what is no token of the node's where OpenAI's clients must send something", async () => {
    await using server = await testServer();
    const openAi = table.filter(({ path }) => speaksOpenAi(path));
    assert.ok(openAi.length > 0);
    for (const route of openAi) {
      const request = goodRequest(route);
      const send = (value: string) =>
        ask(server.port, {
          ...request,
          headers: [
            ...(request.headers ?? []),
            ["Authorization", Buffer.from(value).toString("latin1")],
          ],
        });
      for (const header of bad) {
        const answer = await send(header);
        assert.equal(answer.status, route.status, `${route.id} ${header}: ${answer.body}`);
        if (route.method === "POST") assert.match(answer.body, /"caller":"local"/);
      }
      // What looks like a token of the node was meant as one: it never passes for a weaker caller.
      assert.equal(problemOf(await send("Bearer adyton_typo")).code, "unauthorized", route.id);
    }
  });

  it("takes the scheme in any case and a bearer at the limit, and no longer one whoever knows it", async () => {
    await using server = await testServer({ authenticate: () => authenticate(tokenFor(["read"])) });
    const status = async (size: number) => {
      const headers = [["Authorization", `bEaReR ${"a".repeat(size)}`]] as const;
      return (await ask(server.port, { target: "/metrics", headers })).status;
    };
    assert.equal(await status(512), 200);
    assert.equal(await status(513), 401);
  });

  it("refuses two bearers", async () => {
    await using server = await testServer();
    const answer = await ask(server.port, { target: "/metrics", headers: [asOwner, asOwner] });
    assert.equal(problemOf(answer).code, "invalid_request");
  });
});

function isLocal(tier: Tier): boolean {
  return tier === "local";
}

function isToken(route: Route): boolean {
  return route.access.kind === "token";
}
