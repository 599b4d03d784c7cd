import * as z from "zod";
import { CommandRequest, CommandResult } from "../commands.ts";
import { MessageAnswer, MessageRequest, Run, runStreamEvents } from "../message.ts";
import { documentBodyBytesMax } from "../limits.ts";
import type { ProblemCode } from "../problems.ts";
import { Overlay, PromptRequest } from "../prompt.ts";
import { body, command, json, local, type Route, storage, text } from "../route.ts";

const RunId = z.strictObject({
  id: z.string().regex(/^run_[A-Za-z0-9_-]{8,64}$/, "must be the id of a run, run_…"),
});
const turn: readonly ProblemCode[] = [
  ...storage,
  "busy",
  "unknown_mode",
  "backend_unavailable",
  "backend_invalid",
  "budget_exhausted",
  "cancelled",
  "interrupted",
];

/** Talking: messages, commands, inserted intents, runs. */
export const conversationRoutes = [
  {
    id: "sendMessage",
    method: "POST",
    path: "/api/v1/message",
    aliases: ["/chat"],
    access: local("say"),
    summary: "Say something and get the answer",
    description:
      "A text command is executed, anything else is a turn of the conversation. With `stream: true` the answer comes as " +
      "server-sent events `queued`, `started`, `trace`, `delta`, `restart`, `answer` or `problem`; after `restart` forget the " +
      "deltas before it, for another model server begins anew. The text of `answer` is the answer. With `Prefer: respond-async`, or " +
      "`Prefer: wait=SECONDS` once the seconds are over, the answer is 202 and a run to look at. Without either, the " +
      "answer is on disk when it arrives. A client that goes away cancels its turn.",
    // As much as a document: a text or a picture may come along.
    body: body(MessageRequest, documentBodyBytesMax),
    status: 200,
    response: json(MessageAnswer),
    async: true,
    stream: "on-request",
    events: runStreamEvents,
    idempotent: false,
    problems: [...turn, "conflict"],
    examples: [
      { name: "describe_self", body: { text: "describe_self" }, status: 200 },
      {
        name: "question",
        body: { text: "How do I connect Telegram?", conversation: "kitchen" },
        status: 200,
      },
      {
        name: "вопрос",
        body: { text: "Как подключить Телеграм?", mode: "extractive" },
        status: 200,
      },
      { name: "unknown mode", body: { text: "Hello", mode: "no-such-mode" }, status: 422 },
      {
        name: "spoken",
        body: { text: "help", spoken: true, mode: "extractive" },
        status: 200,
      },
      {
        name: "a text that came along, where no model reads it",
        body: {
          text: "What does the letter say?",
          mode: "extractive",
          attachments: [{ kind: "text", name: "letter.txt", text: "Dear neighbour, …" }],
        },
        status: 409,
      },
    ],
  },
  {
    id: "runCommand",
    method: "POST",
    path: "/api/v1/command",
    access: command("any"),
    summary: "Execute a command",
    description:
      "Needs the grant `command:NAME`; a caller without a token may use the commands marked local. `rethink` asks the " +
      "model, and its run can be watched and cancelled like that of a message.",
    // As much as a document: lines of a log may be handed in with a command.
    body: body(CommandRequest, documentBodyBytesMax),
    status: 200,
    response: json(CommandResult),
    idempotent: false,
    problems: [...turn, "unknown_command", "conflict"],
    examples: [
      {
        name: "switch the mode",
        body: { command: "switch_mode", args: { mode: "EXTRACTIVE" }, conversation: "kitchen" },
        status: 200,
      },
      { name: "help", body: { command: "help" }, status: 200 },
      { name: "unknown command", body: { command: "fly" }, status: 422 },
    ],
  },
  {
    id: "insertPrompt",
    method: "POST",
    path: "/api/v1/prompt",
    access: command("prompt"),
    summary: "Insert an intent into a conversation, with an expiry",
    body: body(PromptRequest),
    status: 200,
    response: json(Overlay),
    idempotent: false,
    problems: [...storage, "conflict"],
    examples: [
      { name: "verse", body: { text: "Answer in verse.", conversation: "kitchen" }, status: 200 },
    ],
  },
  {
    id: "removePrompt",
    method: "DELETE",
    path: "/api/v1/prompt/{id}",
    access: command("prompt"),
    summary: "Remove an inserted intent before it expires",
    params: z.strictObject({
      id: z
        .string()
        .regex(/^ovl_[A-Za-z0-9_-]{8,64}$/, "must be the id of an inserted intent, ovl_…"),
    }),
    status: 200,
    response: json(Overlay),
    idempotent: true,
    problems: [...storage, "not_found"],
    examples: [{ name: "unknown", parameters: { id: "ovl_00000000" }, status: 404 }],
  },
  {
    id: "getRun",
    method: "GET",
    path: "/api/v1/runs/{id}",
    access: local("say"),
    summary: "A run's state and result",
    params: RunId,
    status: 200,
    response: json(Run),
    idempotent: true,
    problems: ["not_found", "erased"],
    examples: [{ name: "unknown", parameters: { id: "run_00000000" }, status: 404 }],
  },
  {
    id: "followRun",
    method: "GET",
    path: "/api/v1/runs/{id}/events",
    access: local("say"),
    summary: "A run's progress as server-sent events, resumable with Last-Event-ID",
    description:
      "`trace` tells each step of a mode that takes several, also of a run that is over, for as long as the journal " +
      "keeps traces; a client that comes back gets them again and knows them by `seq`.",
    params: RunId,
    status: 200,
    response: text("text/event-stream"),
    stream: "always",
    events: runStreamEvents,
    idempotent: true,
    problems: ["not_found", "busy"],
    examples: [{ name: "unknown", parameters: { id: "run_00000000" }, status: 404 }],
  },
  {
    id: "cancelRun",
    method: "POST",
    path: "/api/v1/runs/{id}/cancel",
    access: local("say"),
    summary: "Cancel a run",
    params: RunId,
    status: 200,
    response: json(Run),
    idempotent: true,
    problems: [...storage, "not_found"],
    examples: [{ name: "unknown", parameters: { id: "run_00000000" }, status: 404 }],
  },
] as const satisfies readonly Route[];
