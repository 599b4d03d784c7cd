import type { ProblemCode } from "./problems.ts";
import { conversationRoutes } from "./routes/conversation.ts";
import { dataRoutes } from "./routes/data.ts";
import { factRoutes } from "./routes/facts.ts";
import { nodeRoutes } from "./routes/node.ts";
import { openAiRoutes } from "./routes/openai.ts";
import { textGenerationRoutes } from "./routes/text-generation.ts";

/** The Reverse API: server, validation and specification are all built from this table. */
export const routes = [
  ...nodeRoutes,
  ...conversationRoutes,
  ...dataRoutes,
  ...factRoutes,
  ...openAiRoutes,
  ...textGenerationRoutes,
] as const;

export type RouteId = (typeof routes)[number]["id"];

/** Problems any route can be answered with, whatever its own list says. */
export const commonProblems: readonly ProblemCode[] = [
  "invalid_request",
  "unauthorized",
  "forbidden",
  "foreign_origin",
  "foreign_host",
  "not_found",
  "method_not_allowed",
  "request_timeout",
  "headers_too_large",
  "target_too_long",
  "internal",
  "stopping",
];

/** Problems of every route that takes a body. */
export const bodyProblems: readonly ProblemCode[] = [
  "invalid_json",
  "invalid_body",
  "payload_too_large",
  "unsupported_media_type",
  "idempotency_mismatch",
  "busy",
];
