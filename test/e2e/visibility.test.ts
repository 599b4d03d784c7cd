import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type Access,
  commandTable,
  type Grant,
  grantCovers,
  plainGrants,
  type Route,
  type RouteId,
  routes,
} from "@adyton/protocol";
import type { OpenAiEmulator } from "@adyton/emulators";
import type { Answer, Ask } from "./http-client.ts";
import { chatsOf, type NodeProcess, startWithEmulator } from "./node-process.ts";

// Generated from the table of routes: who may call what, and that nothing of somebody else's is in any answer.

const table: readonly Route[] = routes;
const canary = "кварц7f3a canary7f3a";
const leak = /кварц7f3a|canary7f3a/;
const conversation = "secret-room";

interface Planted {
  readonly run: string;
  readonly overlay: string;
  readonly fact: string;
  readonly proposal: string;
}

/** Whether one grant alone opens a route, by the table's own words. */
function opens(access: Access, grant: Grant): boolean {
  if (access.kind === "open" || grantCovers([grant], access.grant)) return true;
  if (access.kind === "token" || access.orCommand === undefined) return false;
  const isCommand = grant.startsWith("command:");
  return access.orCommand === "any"
    ? isCommand
    : grantCovers([grant], `command:${access.orCommand}`);
}

/** Whether a grant covers the command `usage`, which talking alone does not. */
const mayUse = (grant: Grant): boolean => grantCovers([grant], "command:usage");

/** The requests that could show something: each route's examples, and every plausible way to name what was planted. */
function requestsOf(
  route: Route,
  { run, overlay, fact, proposal }: Planted,
): { path: string; ask: Ask }[] {
  const ids = route.path.includes("/runs/")
    ? [run]
    : route.path.includes("/prompt/")
      ? [overlay]
      : route.path.includes("/facts/")
        ? [fact]
        : route.path.includes("/proposals/")
          ? [proposal]
          : ["nobody", "canary7f3a"];
  const paths = route.path.includes("{")
    ? ids.map((id) => route.path.replace(/\{\w+\}/, id))
    : [route.path, ...(route.aliases ?? [])];
  const queries: Partial<Record<RouteId, readonly string[]>> = {
    getSelf: ["", `?conversation=${conversation}`],
    getEvents: ["", "?last=500", "?after=0&limit=500", "?type=turn.", "?type=canary.event"],
    searchMemory: ["?q=canary7f3a", "?q=%D0%BA%D0%B2%D0%B0%D1%80%D1%867f3a&limit=20"],
    getUsage: ["", "?days=366"],
    listFacts: ["", "?history=true", "?subject=canary7f3a", "?conflicting=true"],
  };
  const bodies: Partial<Record<RouteId, readonly object[]>> = {
    sendMessage: [
      "canary7f3a?",
      "кварц7f3a",
      "describe_self",
      "/help",
      "/mode",
      "/usage",
      "/stop",
    ].flatMap((text) => [
      { text, conversation },
      { text, conversation, mode: "EXTRACTIVE" },
    ]),
    runCommand: commandTable.map(({ name }) => ({ command: name, conversation })),
    insertPrompt: [{ text: "Say what you know.", conversation }],
    postEvents: [{ specversion: "1.0", id: "x", source: "/x", type: "x.y" }],
    addDocument: [{ title: "x", text: "x", source: "visitors" }],
    addFact: [{ subject: "x", attribute: "x", value: "x" }],
    saveBlock: [{ name: "visitors", text: "x" }],
    addToken: [{ name: "visible", may: ["say"] }],
  };
  const id = route.id as RouteId;
  return paths.flatMap((path) =>
    (queries[id] ?? [""]).flatMap((query) =>
      (bodies[id] ?? [undefined]).map((body) => ({
        path: `${path}${query}`,
        ask: { method: route.method, ...(body === undefined ? {} : { body }) },
      })),
    ),
  );
}

describe("what each caller sees", () => {
  let both: Awaited<ReturnType<typeof startWithEmulator>>;
  let node: NodeProcess;
  let emulator: OpenAiEmulator;
  let planted: Planted;

  before(async () => {
    // The model repeats whatever reached it: what it was not sent, it cannot tell.
    both = await startWithEmulator({
      rules: [
        {
          reply: ({ messages }) =>
            messages
              .filter(({ role }) => role !== "system")
              .map(({ text }) => text)
              .join(" | "),
        },
      ],
    });
    ({ node, emulator } = both);
    const token = node.owner;
    const said = await node.say({ text: `remember ${canary}`, conversation });
    const overlay = await node.ask("/api/v1/prompt", {
      token,
      body: { text: `Think of ${canary}.`, conversation },
    });
    const event = {
      specversion: "1.0",
      id: canary,
      source: `/x/${canary}`,
      type: "canary.event",
      data: canary,
    };
    await node.ask("/api/v1/events", { token, body: event });
    const document = {
      title: `About ${canary}`,
      text: `The word is ${canary}.`,
      source: "canary-source",
    };
    assert.equal(
      (await node.ask("/api/v1/memory/documents", { token, body: document })).status,
      201,
    );
    const told = { subject: `Fact of ${canary}`, attribute: "canary7f3a", value: canary };
    const stored = await node.ask("/api/v1/memory/facts", { token, body: told });
    await node.ask("/api/v1/memory/blocks", {
      token,
      body: { name: "canary7f3a", text: `Block of ${canary}.` },
    });
    const hook = await node.makeToken("hook", ["memory:propose"]);
    const proposed = await node.ask("/api/v1/memory/facts", { token: hook, body: told });
    planted = {
      run: said.json.id,
      overlay: overlay.json.overlayId,
      fact: stored.json.fact.factId,
      proposal: proposed.json.proposal.proposalId,
    };
  });
  after(() => both[Symbol.asyncDispose]());

  const readAll = async (
    token: string | undefined,
  ): Promise<{ what: string; answer: Answer }[]> => {
    const all: { what: string; answer: Answer }[] = [];
    for (const route of table) {
      for (const { path, ask } of requestsOf(route, planted)) {
        const answer = await node.ask(path, { ...ask, token });
        all.push({ what: `${route.method} ${path} ${JSON.stringify(ask.body ?? "")}`, answer });
      }
    }
    return all;
  };
  /** What was sent may come back; only what the caller did not say itself counts. */
  const leaks = (all: { what: string; answer: Answer }[]): string[] =>
    all
      .filter(
        ({ what, answer }) =>
          leak.test(
            answer.text.replaceAll(
              /canary7f3a\?|"query":"[^"]*"|"text":"кварц7f3a"|There is no token canary7f3a/g,
              "",
            ),
          ) && !(leak.test(what) && answer.status >= 400),
      )
      .map(({ what, answer }) => `${what}: ${answer.text.slice(0, 300)}`);

  test("nobody without a token sees another's words by any route", async (t) => {
    const all = await readAll(undefined);
    // Of its own conversation of the same name it sees what it said itself.
    const foreign = leaks(all).filter((found) =>
      /remember|Think of|About|The word is|Fact of|Block of|canary\.event/.test(found),
    );
    assert.deepEqual(foreign, []);
    for (const { what, answer } of all) assert.ok(answer.status < 500, `${what}: ${answer.text}`);
    t.diagnostic(`${all.length} requests over ${table.length} routes`);
  });

  test("a person's token sees neither the owner's words nor the other way round", async () => {
    const may = [...plainGrants.filter((grant) => grant !== "admin"), "command:*"];
    const person = await node.makeToken("anna", may, { person: true });
    const asked = chatsOf(emulator).length;
    const foreign = leaks(await readAll(person)).filter((found) =>
      /remember|Think of|About|The word is|Fact of|Block of/.test(found),
    );
    assert.deepEqual(foreign, []);
    const sent = JSON.stringify(chatsOf(emulator).slice(asked));
    assert.doesNotMatch(
      sent,
      /remember кварц|Think of|Fact of|Block of/,
      "nothing of the owner's reached the model",
    );

    const own = "яшма9c2e jasper9c2e";
    const token = person;
    const said = await node.say({ text: `mine: ${own}`, conversation: "room" }, { token });
    await node.ask("/api/v1/memory/documents", {
      token,
      body: { title: "Mine", text: `It is ${own}.` },
    });
    await node.ask("/api/v1/events", {
      token,
      body: { specversion: "1.0", id: own, source: "/anna", type: "anna.event", data: own },
    });
    const hers = /яшма9c2e|jasper9c2e/;
    const seen = await Promise.all([
      node.ask(`/api/v1/runs/${said.json.id}`, { token: node.owner }),
      node.ask("/api/v1/events?last=500", { token: node.owner }),
      node.ask("/api/v1/memory/search?q=jasper9c2e", { token: node.owner }),
      node.ask("/api/v1/memory/documents", { token: node.owner }),
      node.say({ text: "what is in the room?", conversation: "room" }),
      node.say({ text: "jasper ... яшма?", mode: "extractive" }),
    ]);
    for (const { text } of seen) assert.doesNotMatch(text.replaceAll(/"query":"[^"]*"/g, ""), hers);
    const withheld = seen[1]?.json.events.filter(
      (event: { owner: string }) => event.owner === "token:anna",
    );
    assert.ok(withheld.length >= 3, "admin sees that something happened");
    for (const event of withheld)
      assert.ok(event.payload === "withheld" && event.data === undefined);
    for (const path of ["/api/v1/events?last=500", "/api/v1/memory/search?q=jasper9c2e"])
      assert.match((await node.ask(path, { token })).text, hers, "she sees her own");
  });

  test("what one shared nobody else replaces, whatever source they name", async () => {
    const writer = await node.makeToken("boris", ["memory:write"], { person: true });
    const share = (token: string, text: string) =>
      node.ask("/api/v1/memory/documents", {
        token,
        body: { title: "Boiler", text, source: "house/boiler.md", shared: true },
      });
    assert.equal((await share(node.owner, "The boilerkey is under the mat.")).status, 201);
    assert.equal((await share(writer, "The boilerkey is in the river.")).status, 201);
    assert.equal((await share(node.owner, "The boilerkey is under the stone.")).status, 201);
    const found = await node.ask("/api/v1/memory/search?q=boilerkey", { token: node.owner });
    const texts = found.json.hits.map(({ text }: { text: string }) => text).join(" ");
    assert.match(texts, /under the stone/);
    assert.doesNotMatch(texts, /under the mat/, "one's own document is replaced");
    assert.match(texts, /in the river/, "another's stands beside it");
  });

  test("the owner sees what was planted, so that the checks above can fail", async () => {
    const all = await readAll(node.owner);
    const seeing = (id: RouteId): boolean => {
      const { path, method } = table.find((route) => route.id === id) ?? {};
      const prefix = `${method} ${path?.replace(/\{.*/, "")}`;
      return all.some(
        ({ what, answer }) =>
          what.startsWith(prefix) &&
          /remember кварц|Think of кварц|About кварц|The word is|(?:Fact|Block) of кварц/.test(
            answer.text,
          ),
      );
    };
    for (const id of [
      "getRun",
      "followRun",
      "getEvents",
      "searchMemory",
      "listDocuments",
      "getSelf",
      "sendMessage",
      "listFacts",
      "getFact",
      "listProposals",
      "rejectProposal",
      "listBlocks",
      "listBlockVersions",
    ] as const)
      assert.ok(seeing(id), id);
  });

  test("each grant opens exactly the routes it covers", async (t) => {
    const grants: readonly Grant[] = [...plainGrants, "command:*", "command:usage"];
    let checked = 0;
    for (const [index, grant] of grants.entries()) {
      const token = await node.makeToken(`grant-${index}`, [grant]);
      for (const route of table) {
        const [request] = requestsOf(route, {
          run: "run_00000000",
          overlay: "ovl_00000000",
          fact: "fct_00000000",
          proposal: "prp_00000000",
        });
        if (request === undefined) continue;
        // A grant of one command opens the typed call for that command.
        const body = route.id === "runCommand" ? { command: "usage" } : request.ask.body;
        const answer = await node.ask(request.path, { ...request.ask, body, token });
        const open = opens(route.access, grant);
        const what = `${grant} on ${route.id}: ${answer.status} ${answer.text.slice(0, 200)}`;
        checked += 1;
        if (route.id === "runCommand" && !mayUse(grant)) {
          assert.match(answer.json.detail, /say|command:usage/, what);
          assert.equal(answer.status, 403, what);
          continue;
        }
        if (open) {
          assert.ok(![401, 403].includes(answer.status) && answer.status < 500, what);
          continue;
        }
        assert.equal(answer.status, 403, what);
        const { code, detail, message } = answer.json.error ?? answer.json;
        assert.equal(code, "forbidden", what);
        if (route.access.kind !== "open")
          assert.ok((detail ?? message).includes(route.access.grant), what);
      }
    }
    t.diagnostic(`${checked} combinations`);
  });

  test("a command needs its own grant, or to be one of one's own conversation", async () => {
    const sayer = await node.makeToken("sayer", ["say"]);
    const user = await node.makeToken("user", ["say", "command:usage"]);
    for (const { name, local, example } of commandTable) {
      const refused = await node.say({ text: example, conversation: "grants" }, { token: sayer });
      assert.equal(refused.status === 403, !local, `${name}: ${refused.text}`);
      if (!local) assert.match(refused.json.detail, new RegExp(`command:${name}`));
    }
    assert.equal((await node.say({ text: "/usage" }, { token: user })).status, 200);
    const rows = (await node.say({ text: "/usage" }, { token: user })).json.data.rows;
    assert.ok(
      rows.every((row: { principal: string }) => row.principal === "token:user"),
      "only its own",
    );
  });

  test("a revoked, an expired and an unknown token are refused everywhere", async () => {
    const revoked = await node.makeToken("leaver", ["admin"]);
    assert.equal((await node.ask("/api/v1/self", { token: revoked })).status, 200);
    await node.ask("/api/v1/tokens/leaver", { token: node.owner, method: "DELETE" });
    const { token: expired, expiresMs } = await node.makeBriefToken("guest", ["admin"], 300);
    while (Date.now() <= expiresMs) await node.ask("/api/v1/health");
    for (const token of [revoked, expired, "adyton_unknown"]) {
      for (const route of table) {
        const [request] = requestsOf(route, planted);
        if (request === undefined) continue;
        const answer = await node.ask(request.path, { ...request.ask, token });
        assert.equal(answer.status, 401, `${route.id}: ${answer.text}`);
        assert.doesNotMatch(answer.text, leak);
      }
    }
    await node.restart();
    assert.equal((await node.ask("/api/v1/self", { token: revoked })).status, 401);
  });
});
