import { contextBodyBytesMax } from "../limits.ts";
import { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from "../openai/chat.ts";
import {
  Embeddings,
  EmbeddingsRequest,
  OpenAiModel,
  OpenAiModelList,
  OpenAiModelName,
  OpenAiModelPath,
} from "../openai/models.ts";
import { OpenAiResponse, ResponseRequest, responseStreamEvents } from "../openai/responses.ts";
import type { ProblemCode } from "../problems.ts";
import { body, json, local, type Route, storage } from "../route.ts";

const turn: readonly ProblemCode[] = [
  ...storage,
  "busy",
  "unknown_model",
  "backend_unavailable",
  "backend_invalid",
  "budget_exhausted",
  "cancelled",
  "interrupted",
];

const aTurn =
  "It is an ordinary turn: in its conversation's lane, journaled with the last message of the user and the answer, and " +
  "counted. What the client sends is the whole context; the node's own prompt and the conversation's intents go before it, " +
  "and nothing of the node's history with it. A text command is not executed. ";
const conversation =
  "`metadata.conversation`, else `prompt_cache_key`, else `user` names the conversation; without one each request has its own.";

/** What OpenAI's clients call. Errors have OpenAI's shape, and a bearer that is no token of the node counts as none. */
export const openAiRoutes = [
  {
    id: "createChatCompletion",
    method: "POST",
    path: "/v1/chat/completions",
    access: local("say"),
    summary: "OpenAI: answer a list of messages",
    description: aTurn + conversation,
    body: body(ChatCompletionRequest, contextBodyBytesMax),
    status: 200,
    response: json(ChatCompletion),
    stream: "on-request",
    events: { message: ChatCompletionChunk },
    idempotent: false,
    problems: turn,
    examples: [
      {
        name: "question",
        body: {
          model: "adyton/extractive",
          messages: [{ role: "user", content: "How do I connect Telegram?" }],
        },
        status: 200,
      },
      {
        name: "вопрос",
        body: {
          model: "adyton",
          messages: [
            { role: "system", content: "Отвечай кратко." },
            { role: "user", content: "Как подключить Телеграм?" },
          ],
        },
        status: 200,
      },
      {
        name: "unknown model",
        body: { model: "gpt-none", messages: [{ role: "user", content: "Hello" }] },
        status: 404,
      },
    ],
  },
  {
    id: "createResponse",
    method: "POST",
    path: "/v1/responses",
    access: local("say"),
    summary: "OpenAI: answer by the Responses API",
    description:
      aTurn +
      "With `previous_response_id` the context is what that response had and its answer, unless it was not stored. " +
      conversation,
    body: body(ResponseRequest, contextBodyBytesMax),
    status: 200,
    response: json(OpenAiResponse),
    stream: "on-request",
    events: responseStreamEvents,
    idempotent: false,
    problems: [...turn, "not_found", "erased", "conflict"],
    examples: [
      {
        name: "question",
        body: { model: "adyton/extractive", input: "How do I connect Telegram?" },
        status: 200,
      },
      {
        name: "вопрос",
        body: { model: "adyton", instructions: "Кратко.", input: "Как подключить Телеграм?" },
        status: 200,
      },
      {
        name: "unknown response",
        body: { model: "adyton", input: "And?", previous_response_id: "resp_00000000" },
        status: 404,
      },
    ],
  },
  {
    id: "listModels",
    method: "GET",
    path: "/v1/models",
    access: local("say"),
    summary: "OpenAI: the names a request may ask for",
    status: 200,
    response: json(OpenAiModelList),
    idempotent: true,
    problems: [],
    examples: [{ name: "all", status: 200 }],
  },
  {
    id: "getModel",
    method: "GET",
    path: "/v1/models/{id}",
    access: local("say"),
    summary: "OpenAI: one of the names",
    params: OpenAiModelName,
    status: 200,
    response: json(OpenAiModel),
    idempotent: true,
    problems: ["unknown_model"],
    examples: [
      { name: "the node's own", parameters: { id: "adyton" }, status: 200 },
      { name: "unknown", parameters: { id: "gpt-none" }, status: 404 },
    ],
  },
  {
    id: "getModelByPath",
    method: "GET",
    path: "/v1/models/{owner}/{name}",
    access: local("say"),
    summary: "OpenAI: one of the names, its slash not encoded",
    params: OpenAiModelPath,
    status: 200,
    response: json(OpenAiModel),
    idempotent: true,
    problems: ["unknown_model"],
    examples: [
      { name: "a mode", parameters: { owner: "adyton", name: "direct" }, status: 200 },
      { name: "unknown", parameters: { owner: "adyton", name: "none" }, status: 404 },
    ],
  },
  {
    id: "createEmbeddings",
    method: "POST",
    path: "/v1/embeddings",
    access: local("say"),
    summary: "OpenAI: turn texts into vectors",
    description:
      "By the model server's embedding model. No turn: nothing of it is written down. The model is `adyton`, or that " +
      "model's own name; without one every name is `unknown_model`.",
    body: body(EmbeddingsRequest, contextBodyBytesMax),
    status: 200,
    response: json(Embeddings),
    idempotent: true,
    problems: ["unknown_model", "backend_unavailable", "backend_invalid", "cancelled", "busy"],
    examples: [
      { name: "without a model", body: { model: "adyton", input: "Kitchen" }, status: 404 },
      { name: "без модели", body: { model: "adyton", input: ["Кухня", "Сад"] }, status: 404 },
    ],
  },
] as const satisfies readonly Route[];
