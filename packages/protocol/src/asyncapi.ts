import * as z from "zod";
import { clientEnvelopes, closeCodes, EnvelopeId, serverEnvelopes } from "./envelopes.ts";
import * as limits from "./limits.ts";
import {
  envelopeExamples,
  messageTable,
  type MessageType,
  routeOf,
  socketPath,
  socketSubprotocol,
  wishKeys,
} from "./messages.ts";
import { Components, type Json } from "./openapi-schemas.ts";
import { alwaysStreams, type Route } from "./route.ts";

/*
 * The specification of the sockets, built from the table of messages, which leans on the table of routes: what a message
 * may hold and what it answers cannot differ from what HTTP takes and answers.
 */

const about = `What goes over a socket to a node of Adyton: one JSON object each, in a text frame of a WebSocket with the
subprotocol \`${socketSubprotocol}\`, or on a line of its own on the unix socket \`adyton.sock\` in the node's folder or the loopback
port of \`listen.socket_port\`. Requests are the operations of the Reverse API under an \`id\` of the client's; they are
answered beside each other. \`result\`, \`problem\` and \`end\` are the last answer to a request, \`event\` comes before.

The unix socket speaks as the node's owner. Elsewhere a caller without a token is local; a WebSocket's first request may
carry \`Authorization: Bearer TOKEN\`, and a \`hello\` with a token does the same everywhere. When the token ends, so does the
socket. A subscription to the journal goes on where it broke off: by \`hello\` with the word of \`ready\`, or, after a longer
time or a restart of the node, by a new \`subscribe\` with \`after\`.`;

const resultTypes = ["result", "problem", "event", "end"] as const;

/** The specification as an AsyncAPI 3.0 object. Pure: equal tables give an equal object, in the same order. */
export function asyncApi(): Json {
  const components = new Components();
  const requests = Object.fromEntries(
    messageTable.map((message: MessageType) => [message.type, requestMessage(message, components)]),
  );
  const client = plainMessages(clientEnvelopes, components);
  const server = plainMessages(serverEnvelopes, components);
  const messages = { ...client, ...requests, ...server };
  const operations = operationsOf(Object.keys(server), components);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Adyton sockets",
      version: "1",
      description: about,
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    defaultContentType: "application/json",
    servers: {
      websocket: {
        host: "localhost:7860",
        protocol: "ws",
        description: "A node with its default port.",
        security: [{ $ref: "#/components/securitySchemes/token" }],
      },
    },
    channels: { socket: channel(Object.keys(messages)) },
    operations,
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "The owner's token, or one made by `token.add`; or none.",
        },
      },
      messages,
      schemas: components.schemas,
    },
    "x-close-codes": closeCodes,
    "x-limits": { ...limits },
  };
}

function channel(types: readonly string[]): Json {
  const headers = {
    type: "object",
    properties: { "Sec-WebSocket-Protocol": { const: socketSubprotocol } },
  };
  return {
    address: socketPath,
    description: `Both ways. The client offers the subprotocol \`${socketSubprotocol}\`.`,
    messages: Object.fromEntries(
      types.map((type) => [type, { $ref: `#/components/messages/${type}` }]),
    ),
    bindings: { ws: { method: "GET", headers } },
  };
}

const socket = { $ref: "#/channels/socket" };
const linked = (types: readonly string[]): Json[] =>
  types.map((type) => ({ $ref: `#/channels/socket/messages/${type}` }));

function operationsOf(told: readonly string[], components: Components): Json {
  const requests: Json = {};
  for (const message of messageTable)
    requests[`ask-${message.type}`] = operation(message, components);
  return {
    sayWhoSpeaks: {
      action: "receive",
      channel: socket,
      summary: "Say who speaks, and what is to be resumed",
      messages: linked(["hello"]),
      reply: { channel: socket, messages: linked(["ready", "resumed", "reset", "problem"]) },
    },
    steer: {
      action: "receive",
      channel: socket,
      summary: "Acknowledge records, end a request",
      messages: linked(["ack", "stop"]),
    },
    ...requests,
    tell: {
      action: "send",
      channel: socket,
      summary: "What the node says",
      messages: linked(told),
    },
  };
}

function operation(message: MessageType, components: Components): Json {
  const route = routeOf(message);
  const isStream = message.stream === true || alwaysStreams(route);
  const { access } = route;
  return {
    action: "receive",
    channel: socket,
    title: message.type,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    messages: linked([message.type]),
    reply: { channel: socket, messages: linked(resultTypes) },
    "x-operation": route.id,
    "x-access": access.kind,
    ...(access.kind === "open" ? {} : { "x-grant": access.grant }),
    ...(isStream ? {} : { "x-data": components.schema(route.response.schema, "output") }),
    ...(route.events === undefined ? {} : { "x-events": eventSchemas(route.events, components) }),
  };
}

function eventSchemas(events: NonNullable<Route["events"]>, components: Components): Json {
  return Object.fromEntries(
    Object.entries(events).map(([name, schema]) => [name, components.schema(schema, "output")]),
  );
}

const plainExamples: Readonly<Record<string, Json>> = {
  hello: { type: "hello" },
  ack: { type: "ack", seq: 32 },
  stop: { type: "stop", id: "1" },
};

function plainMessages(
  envelopes: Readonly<Record<string, z.ZodType>>,
  components: Components,
): Json {
  const messages = Object.entries(envelopes).map(([type, schema]) => {
    const example = plainExamples[type];
    const examples = example === undefined ? {} : { examples: [{ name: type, payload: example }] };
    const summary = schema.description ?? type;
    const payload = components.schema(schema, "input");
    return [type, { name: type, summary, payload, ...examples }] as const;
  });
  return Object.fromEntries(messages);
}

function requestMessage(message: MessageType, components: Components): Json {
  const route = routeOf(message);
  return {
    name: message.type,
    summary: route.summary,
    payload: payloadOf(message, components),
    examples: envelopeExamples(message).map(({ name, status, envelope }) => ({
      name: name.replaceAll(" ", "-"),
      summary: name,
      payload: envelope,
      "x-status": status,
    })),
  };
}

const Fields = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

/** A route's parameters and body side by side in one object. */
function payloadOf(message: MessageType, components: Components): Json {
  const route = routeOf(message);
  const properties: Json = {
    type: { const: message.type },
    id: components.schema(EnvelopeId, "input"),
  };
  const required = ["type", "id"];
  const keyOf = new Map(Object.entries(message.names ?? {}).map(([key, name]) => [name, key]));
  const add = (schema: z.ZodType, io: "input" | "output") => {
    const fields = Fields.parse(resolved(components, components.schema(schema, io)));
    for (const [name, shape] of Object.entries(fields.properties))
      properties[keyOf.get(name) ?? name] = shape;
    required.push(...fields.required.map((name) => keyOf.get(name) ?? name));
  };
  for (const schema of [route.params, route.query])
    // The output's reading: a number in an address arrives as text and is meant as a number.
    if (schema !== undefined) add(schema, "output");
  if (route.body !== undefined)
    if (message.bodyKey === undefined) add(route.body.schema, "input");
    else {
      properties[message.bodyKey] = components.schema(route.body.schema, "input");
      required.push(message.bodyKey);
    }
  for (const [key, isTaken] of Object.entries(wishKeys(route)))
    if (isTaken) properties[key] = wishes[key];
  return { type: "object", properties, required, additionalProperties: false };
}

const wishes: Readonly<Record<string, Json>> = {
  idempotencyKey: {
    type: "string",
    minLength: 1,
    maxLength: limits.idempotencyKeyCharsMax,
    description:
      `Repeating a message with the same key has no second effect for ${limits.dedupeDays} days: the first answer is ` +
      "given again.",
  },
  waitSeconds: {
    type: "integer",
    minimum: 0,
    description: "A result with status 202 and a run, once the seconds are over; 0 at once.",
  },
  after: { type: "integer", minimum: 0, description: "The stream goes on after this `seq`." },
};

function resolved(components: Components, schema: Json): Json {
  const id = /^#\/components\/schemas\/(.+)$/.exec(String(schema["$ref"]))?.[1];
  const found = id === undefined ? schema : components.schemas[id];
  return z.record(z.string(), z.unknown()).parse(found);
}
