import { commandGrant, type CommandSpec, commandTable } from "./commands.ts";
import { Grant, Tier, tierGrants } from "./grants.ts";
import * as limits from "./limits.ts";
import { headerParameters, operation } from "./openapi-operation.ts";
import { problemExamples } from "./openapi-responses.ts";
import { Components, type Json } from "./openapi-schemas.ts";
import { problemTable } from "./problems.ts";
import type { Route } from "./route.ts";
import { conversationRoutes } from "./routes/conversation.ts";
import { dataRoutes } from "./routes/data.ts";
import { factRoutes } from "./routes/facts.ts";
import { nodeRoutes } from "./routes/node.ts";
import { openAiRoutes } from "./routes/openai.ts";
import { textGenerationRoutes } from "./routes/text-generation.ts";

/*
 * The published specification, built from the same tables as the server. It is made when the repository is built and
 * not by a running node, which hands out the file.
 */

const groups: readonly {
  readonly name: string;
  readonly about: string;
  readonly routes: readonly Route[];
}[] = [
  {
    name: "conversation",
    about: "Messages, commands, intents and runs.",
    routes: conversationRoutes,
  },
  { name: "data", about: "Events, the journal, documents.", routes: dataRoutes },
  { name: "facts", about: "Facts, what is proposed as one, pinned blocks.", routes: factRoutes },
  { name: "node", about: "The node itself.", routes: nodeRoutes },
  {
    name: "openai",
    about:
      "What OpenAI's clients call. Errors have OpenAI's shape, with a `code` of the same closed list, and a bearer that is " +
      "no token of the node counts as none.",
    routes: openAiRoutes,
  },
  {
    name: "text-generation",
    about: "What scripts for text-generation-webui's former API call.",
    routes: textGenerationRoutes,
  },
];

const about = `The interface through which people, programs and events reach a node of Adyton.

A caller on this machine without a token may talk and look at the node's structure and health; all else needs a token,
sent as \`Authorization: Bearer TOKEN\`. Web pages cannot call the node: \`Host\` must be one of the node's own loopback
names and \`Origin\`, when there is one, the same. Every error is a problem (RFC 9457) with a \`code\` out of the closed
list under \`x-problems\`. What is sent is checked strictly: unknown keys and unknown query parameters are refused. The
bounds of everything stand under \`x-limits\`; the unit ends each name.`;

/** The specification as an OpenAPI 3.1 object. Pure: equal tables give an equal object, in the same order. */
export function openApi(): Json {
  const components = new Components();
  const paths: Record<string, Json> = {};
  const add = (path: string, route: Route, id: string, tag: string) => {
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: operation(route, id, tag, components),
    };
  };
  for (const { name, routes } of groups)
    for (const route of routes) {
      add(route.path, route, route.id, name);
      for (const [index, alias] of (route.aliases ?? []).entries())
        add(alias, route, `${route.id}Alias${index + 1}`, name);
    }
  const commands = commandTable.map((command) => commandEntry(command, components));
  for (const schema of [Tier, Grant]) components.schema(schema, "output");
  return {
    openapi: "3.1.0",
    info: {
      title: "Adyton Reverse API",
      version: "1",
      description: about,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "http://localhost:7860", description: "A node with its default port." }],
    tags: groups.map(({ name, about: description }) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "The owner's token, or one made by `POST /api/v1/tokens`.",
        },
      },
      parameters: headerParameters,
      examples: problemExamples(),
      responses: components.responses,
      schemas: components.schemas,
    },
    "x-commands": commands,
    "x-grants-of-tiers": tierGrants,
    "x-limits": { ...limits },
    "x-problems": problemTable,
  };
}

function commandEntry(command: (typeof commandTable)[number], components: Components): Json {
  const spec: CommandSpec = command;
  const { name, slash, aliases = [], bare, changes, local, summary, example } = spec;
  const pascal = name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return {
    name,
    slash,
    aliases,
    bare,
    changes,
    local,
    grant: commandGrant(name),
    summary,
    example,
    args: components.named(`${pascal}Args`, command.args, "input"),
    result: components.schema(command.result, "output"),
  };
}
