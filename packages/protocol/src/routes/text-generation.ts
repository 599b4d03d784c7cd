import type { ProblemCode } from "../problems.ts";
import { contextBodyBytesMax } from "../limits.ts";
import { body, json, local, type Route, storage } from "../route.ts";
import {
  GenerateRequest,
  GenerateResults,
  ModelRequest,
  ModelResult,
  TokenCountRequest,
  TokenCountResults,
} from "../text-generation.ts";

const turn: readonly ProblemCode[] = [
  ...storage,
  "busy",
  "backend_unavailable",
  "backend_invalid",
  "budget_exhausted",
  "cancelled",
  "interrupted",
];

/** What scripts for text-generation-webui's former API call. */
export const textGenerationRoutes = [
  {
    id: "generate",
    method: "POST",
    path: "/api/v1/generate",
    access: local("say"),
    summary: "text-generation-webui: go on from a prompt",
    description:
      "A turn of a conversation of its own, in the node's default mode. The prompt is the message; the node's own prompt " +
      "goes before it.",
    body: body(GenerateRequest, contextBodyBytesMax),
    status: 200,
    response: json(GenerateResults),
    idempotent: false,
    problems: turn,
    examples: [
      { name: "prompt", body: { prompt: "How do I connect Telegram?" }, status: 200 },
      {
        name: "подсказка",
        body: { prompt: "Как подключить Телеграм?", max_new_tokens: 200, temperature: 0.7 },
        status: 200,
      },
    ],
  },
  {
    id: "getLoadedModel",
    method: "GET",
    path: "/api/v1/model",
    access: local("say"),
    summary: "text-generation-webui: the model's name",
    status: 200,
    response: json(ModelResult),
    idempotent: true,
    problems: [],
    examples: [{ name: "model", status: 200 }],
  },
  {
    id: "askModel",
    method: "POST",
    path: "/api/v1/model",
    access: local("say"),
    summary: "text-generation-webui: the model's name, or all names",
    body: body(ModelRequest),
    status: 200,
    response: json(ModelResult),
    idempotent: true,
    problems: [],
    examples: [{ name: "list", body: { action: "list" }, status: 200 }],
  },
  {
    id: "countTokens",
    method: "POST",
    path: "/api/v1/token-count",
    access: local("say"),
    summary: "text-generation-webui: the tokens of a text",
    body: body(TokenCountRequest, contextBodyBytesMax),
    status: 200,
    response: json(TokenCountResults),
    idempotent: true,
    problems: [],
    examples: [
      { name: "count", body: { prompt: "Hello, world" }, status: 200 },
      { name: "подсчёт", body: { prompt: "Привет, мир" }, status: 200 },
    ],
  },
] as const satisfies readonly Route[];
