import * as z from "zod";
import { commandGrant, commandTable } from "./commands.ts";
import { dedupeDays, idempotencyKeyCharsMax } from "./limits.ts";
import { responses } from "./openapi-responses.ts";
import type { Components, Json } from "./openapi-schemas.ts";
import { isResumable, type Route } from "./route.ts";

/** One route as an OpenAPI operation. `operationId` is given because an alias needs one of its own. */
export function operation(
  route: Route,
  operationId: string,
  tag: string,
  components: Components,
): Json {
  const { access } = route;
  return {
    operationId,
    tags: [tag],
    summary: route.summary,
    description: description(route),
    "x-access": access.kind,
    ...(access.kind === "open" ? {} : { "x-grant": access.grant }),
    ...(access.kind === "local" && access.orCommand !== undefined
      ? { "x-or-grant": `command:${access.orCommand === "any" ? "NAME" : access.orCommand}` }
      : {}),
    "x-idempotent": route.idempotent,
    security: access.kind === "token" ? [{ token: [] }] : [{}, { token: [] }],
    ...withItems("parameters", parameters(route, components)),
    ...(route.body === undefined
      ? {}
      : { requestBody: requestBody(route, route.body, components) }),
    responses: responses(route, components),
  };
}

function description(route: Route): string {
  const { access, body } = route;
  const may = {
    open: "Anybody on this machine may call it.",
    local: `A caller without a token may call it; a token needs the grant \`${"grant" in access ? access.grant : ""}\`.`,
    token: `Needs a token with the grant \`${"grant" in access ? access.grant : ""}\`.`,
  }[access.kind];
  const size = body === undefined ? [] : [`The body may have ${body.bytesMax} bytes.`];
  const commands = route.id === "sendMessage" || route.id === "runCommand" ? [commandList()] : [];
  const text = route.description === undefined ? [] : [route.description];
  return [...text, [may, ...size].join(" "), ...commands].join("\n\n");
}

function commandList(): string {
  const lines = commandTable.map(
    ({ name, example, summary, local }) =>
      `- \`${example}\` (\`${name}\`, ${local ? "local or " : ""}\`${commandGrant(name)}\`): ${summary.en} ${summary.ru}`,
  );
  return ["Commands:", "", ...lines].join("\n");
}

const Fields = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
});

function parameters(route: Route, components: Components): Json[] {
  const list: Json[] = [];
  const example = route.examples[0]?.parameters ?? {};
  for (const [place, schema] of [
    ["path", route.params],
    ["query", route.query],
  ] as const) {
    if (schema === undefined) continue;
    // The output's reading: a number in a query arrives as text and is meant as a number.
    const { properties, required } = Fields.parse(components.schema(schema, "output"));
    for (const [name, { description: about, ...shape }] of Object.entries(properties))
      list.push({
        name,
        in: place,
        required: required.includes(name),
        ...(about === undefined ? {} : { description: about }),
        schema: shape,
        ...(example[name] === undefined
          ? {}
          : { example: shape["type"] === "integer" ? Number(example[name]) : example[name] }),
      });
  }
  if (route.method === "POST") list.push(header("IdempotencyKey"));
  if (route.async === true) list.push(header("Prefer"));
  if (isResumable(route)) list.push(header("LastEventId"));
  return list;
}

function header(name: keyof typeof headerParameters): Json {
  return { $ref: `#/components/parameters/${name}` };
}

export const headerParameters = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description:
      `Repeating a request with the same key has no second effect for ${dedupeDays} days: the first answer is given ` +
      "again. The same key with another request is refused with `idempotency_mismatch`.",
    schema: {
      type: "string",
      minLength: 1,
      maxLength: idempotencyKeyCharsMax,
      pattern: "^[\\x21-\\x7e]+$",
    },
  },
  Prefer: {
    name: "Prefer",
    in: "header",
    description: "`respond-async`, `wait=SECONDS`, or both (RFC 7240).",
    schema: { type: "string" },
    example: "wait=10",
  },
  LastEventId: {
    name: "Last-Event-ID",
    in: "header",
    description: "A stream goes on after this event.",
    schema: { type: "integer", minimum: 0 },
  },
} as const;

const Union = z.object({ anyOf: z.array(z.record(z.string(), z.unknown())).optional() });

function requestBody(route: Route, body: NonNullable<Route["body"]>, components: Components): Json {
  const schema = components.schema(body.schema, "input");
  const examples = Object.fromEntries(
    route.examples
      .filter((example) => example.body !== undefined)
      .map(({ name, body: value }) => [name.replaceAll(" ", "-"), { summary: name, value }]),
  );
  // A union of one and many is one event and a batch of them; their media types tell which.
  const { anyOf: [one, batch] = [] } = Union.parse(schema);
  const shapes: Record<string, Json | undefined> = {
    "application/cloudevents+json": one,
    "application/cloudevents-batch+json": batch,
  };
  const content: Json = Object.fromEntries(
    body.mediaTypes.map((type) => [
      type,
      { schema: shapes[type] ?? schema, ...(type === "application/json" ? { examples } : {}) },
    ]),
  );
  if (body.mediaTypes.includes("application/cloudevents+json"))
    // Binary mode: the attributes are `ce-` headers and the body is the data, of any media type.
    content["*/*"] = { schema: {} };
  return { required: body.optional !== true, content };
}

function withItems(key: string, list: readonly Json[]): Json {
  return list.length === 0 ? {} : { [key]: list };
}
