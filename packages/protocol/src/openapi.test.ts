import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import {
  commandTable,
  isResumable,
  openAiStatus,
  problemTable,
  type Route,
  routes,
  speaksOpenAi,
} from "./index.ts";
import * as protocol from "./index.ts";
import * as limits from "./limits.ts";
import { openApi } from "./openapi.ts";
import { Components } from "./openapi-schemas.ts";

const table: readonly Route[] = routes;

const Operation = z.object({
  operationId: z.string(),
  "x-access": z.string(),
  "x-grant": z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z
    .array(
      z.union([z.object({ $ref: z.string() }), z.object({ name: z.string(), in: z.string() })]),
    )
    .default([]),
  requestBody: z
    .object({
      content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })),
    })
    .optional(),
  responses: z.record(z.string(), z.unknown()),
});
const Spec = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
  "x-commands": z.array(z.object({ name: z.string(), args: z.object({ $ref: z.string() }) })),
  "x-limits": z.record(z.string(), z.number()),
  "x-problems": z.record(z.string(), z.object({ status: z.number(), title: z.string() })),
});
const raw = openApi();
const spec = Spec.parse(raw);

const operations = table.flatMap((route) =>
  [route.path, ...(route.aliases ?? [])].map((path) => ({
    route,
    path,
    operation: spec.paths[path]?.[route.method.toLowerCase()],
  })),
);

/** A validator of a schema of the specification, independent of the schema it was made from. */
function validator(schema: Record<string, unknown>): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: spec.components.schemas });
  const local = JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")) as Parameters<
    typeof z.fromJSONSchema
  >[0];
  return z.fromJSONSchema(local);
}

function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === "$ref" ? [String(item)] : references(item),
  );
}

describe("the specification", () => {
  it("is the same each time and holds nothing that JSON cannot", () => {
    assert.equal(JSON.stringify(openApi()), JSON.stringify(raw));
    assert.deepEqual(JSON.parse(JSON.stringify(raw)), raw);
    assert.doesNotMatch(JSON.stringify(raw), /"\$schema"|"\$id"|#\/\$defs/);
  });

  it("is no part of what a running node loads", () => {
    assert.equal("openApi" in protocol, false);
    assert.equal("routes" in protocol, true);
  });

  it("has every route under every address, and no other", () => {
    const count = Object.values(spec.paths).reduce(
      (sum, path) => sum + Object.keys(path).length,
      0,
    );
    assert.equal(count, operations.length);
    const ids = operations.map(({ operation }) => operation?.operationId);
    assert.equal(new Set(ids).size, operations.length);
    for (const { route, operation } of operations) {
      assert.ok(operation, route.id);
      assert.ok(operation.operationId.startsWith(route.id));
    }
  });

  it("refers to nothing that is missing", () => {
    const all = references(raw);
    assert.ok(all.length > 100);
    for (const reference of new Set(all)) {
      let place: unknown = raw;
      for (const step of reference.slice(2).split("/")) place = Reflect.get(Object(place), step);
      assert.ok(place !== undefined, reference);
    }
  });

  it("says who may call what", () => {
    for (const { route, operation } of operations) {
      assert.equal(operation?.["x-access"], route.access.kind);
      assert.equal(operation["x-grant"], "grant" in route.access ? route.access.grant : undefined);
      const anonymous = operation.security.some((scheme) => Object.keys(scheme).length === 0);
      assert.equal(anonymous, route.access.kind !== "token", route.id);
    }
  });

  it("lists every parameter and header a route reads", () => {
    for (const { route, path, operation } of operations) {
      const names = operation?.parameters.map((one) =>
        "$ref" in one ? one.$ref.split("/").at(-1) : `${one.in} ${one.name}`,
      );
      const expected = [
        ...Object.keys(route.params?.shape ?? {}).map((name) => `path ${name}`),
        ...Object.keys(route.query?.shape ?? {}).map((name) => `query ${name}`),
        ...(route.method === "POST" ? ["IdempotencyKey"] : []),
        ...(route.async === true ? ["Prefer"] : []),
        ...(isResumable(route) ? ["LastEventId"] : []),
      ];
      assert.deepEqual(names, expected, path);
    }
  });

  it("gives every problem of a route under its status", () => {
    for (const { route, operation } of operations)
      for (const code of route.problems) {
        const { status } = problemTable[code];
        const isOpenAi = speaksOpenAi(route.path);
        const answer = operation?.responses[isOpenAi ? openAiStatus(status) : status];
        const whole = JSON.stringify([answer, resolve(answer)]);
        const example = isOpenAi ? `"code":"${code}"` : `#/components/examples/${code}"`;
        assert.ok(whole.includes(example), `${route.id} ${code}`);
      }
  });

  it("has the answers that come later or as a stream", () => {
    for (const { route, operation } of operations) {
      const text = JSON.stringify(operation?.responses);
      const isLines = route.stream === "lines";
      assert.equal(text.includes("application/x-ndjson"), isLines, route.id);
      const hasEvents = route.stream !== undefined && !isLines;
      assert.equal(text.includes("text/event-stream"), hasEvents, route.id);
      if (hasEvents)
        for (const name of Object.keys(route.events ?? {})) assert.ok(text.includes(`"${name}"`));
      if (route.async === true)
        assert.match(JSON.stringify(operation?.responses["202"]), /Location/);
    }
  });

  it("lists every command, limit and problem", () => {
    assert.deepEqual(
      spec["x-commands"].map((command) => command.name),
      commandTable.map((command) => command.name),
    );
    assert.deepEqual(spec["x-limits"], { ...limits });
    assert.deepEqual(spec["x-problems"], problemTable);
    for (const { example } of commandTable)
      assert.ok(JSON.stringify(raw["paths"]).includes(JSON.stringify(example).slice(1, -1)));
  });
});

describe("the schemas of the specification", () => {
  it("accept the examples the contract accepts, and refuse them spoiled as it does", () => {
    // The requests of other programs' clients, which grow by themselves.
    const loose = new Set<string>([
      "createChatCompletion",
      "createResponse",
      "createEmbeddings",
      "generate",
      "askModel",
      "countTokens",
    ]);
    let examples = 0;
    for (const { route, path, operation } of operations) {
      const content = operation?.requestBody?.content["application/json"];
      assert.equal(content === undefined, route.body === undefined, path);
      if (content === undefined || route.body === undefined) continue;
      const published = validator(content.schema);
      for (const { name, body } of route.examples) {
        const samples: [unknown, boolean][] = [
          [body, true],
          [{ ...Object(body), "Unknown Key": {} }, loose.has(route.id)],
          [{}, ["addPairing", "askModel"].includes(route.id)],
          [null, false],
          [[[]], false],
        ];
        for (const [sample, fits] of samples) {
          assert.equal(route.body.schema.safeParse(sample).success, fits, `${route.id} ${name}`);
          const parsed = published.safeParse(sample);
          assert.equal(parsed.success, fits, `${route.id} ${name}: ${parsed.error?.message}`);
        }
        examples++;
      }
    }
    assert.ok(examples > 10, `only ${examples} examples`);
  });

  it("take a command's own example arguments", () => {
    const args = (name: string) => {
      const reference = spec["x-commands"].find((command) => command.name === name)?.args.$ref;
      return validator({ $ref: reference });
    };
    assert.equal(args("switch_mode").safeParse({ mode: "EXTRACTIVE" }).success, true);
    assert.equal(args("switch_mode").safeParse({}).success, false);
    assert.equal(
      args("prompt").safeParse({ text: "Отвечай стихами.", lifetime: { turns: 3 } }).success,
      true,
    );
    assert.equal(args("help").safeParse({ a: 1 }).success, false);
  });

  it("refuse two shapes under one name", () => {
    const components = new Components();
    components.named("Twin", z.string(), "input");
    components.named("Twin", z.string(), "output");
    assert.throws(() => components.named("Twin", z.int(), "input"), /two shapes/);
  });
});

function resolve(answer: unknown): unknown {
  const [reference = ""] = references(answer).filter((one) => one.includes("/responses/"));
  let place: unknown = raw;
  for (const step of reference.split("/").slice(1)) place = Reflect.get(Object(place), step);
  return place;
}
