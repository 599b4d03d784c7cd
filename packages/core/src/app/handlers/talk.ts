import {
  type Bilingual,
  type CommandResult,
  type MessageAnswer,
  type MessageRequest,
  problem,
  type Run,
} from "@adyton/protocol";
import { findCommand, readText } from "../../domain/commands/command-text.ts";
import { ProblemError } from "../../domain/problem-error.ts";
import type { CallOf, Handlers, Reply, StreamSink } from "../../ports/http.ts";
import type { Commands } from "../commands.ts";
import type { Conversations } from "../conversations.ts";
import { type Idempotency, replayedHeader } from "../idempotency.ts";
import { newConversationName } from "../identifiers.ts";
import type { AdmittedTurn, KeyedTurns } from "../keyed-turns.ts";
import type { LiveRun, RunEnd, Submission } from "../live-run.ts";
import { problemWords } from "../problem-words.ts";
import { rethinkResult, rethinkSubmission } from "../rethink.ts";
import type { Runs } from "../runs.ts";
import type { Turns } from "../turns.ts";
import { followRun } from "./follow-run.ts";

export interface TalkOptions {
  readonly commands: Commands;
  readonly conversations: Conversations;
  readonly turns: Turns;
  readonly keyed: KeyedTurns;
  readonly runs: Runs;
  readonly idempotency: Idempotency;
  /** Settles once the turns that the last process left unfinished are taken care of. */
  readonly recovered: Promise<void>;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

/** The handlers of messages, commands, intents and runs. */
export function talkHandlers(
  options: TalkOptions,
): Pick<
  Handlers,
  | "sendMessage"
  | "runCommand"
  | "insertPrompt"
  | "removePrompt"
  | "getRun"
  | "followRun"
  | "cancelRun"
> {
  const { commands, idempotency } = options;
  return {
    sendMessage: (call) => sendMessage(options, call),
    runCommand: async (call) => {
      const { command, args, conversation } = call.body;
      const name = findCommand(command);
      if (name === undefined) throw unknownCommand(command, options.language);
      if (name === "rethink") return rethinkTyped(options, call);
      const { result, replayed } = await commands.execute({
        principal: call.principal,
        command: name,
        args: args ?? {},
        conversation,
        dedupe: idempotency.keyOf(call),
      });
      return { kind: "json", body: result, headers: replayed ? replayedHeader : {} };
    },
    insertPrompt: async (call) => {
      const { text, conversation, lifetime } = call.body;
      const args = { text, ...(lifetime === undefined ? {} : { lifetime }) };
      const { result, replayed } = await commands.execute({
        principal: call.principal,
        command: "prompt",
        args,
        conversation,
        dedupe: idempotency.keyOf(call),
      });
      return { kind: "json", body: result.data, headers: replayed ? replayedHeader : {} };
    },
    removePrompt: async (call) => {
      const overlay = await commands.removeOverlay(call.params.id, call.principal);
      return { kind: "json", body: overlay };
    },
    getRun: async (call) => ({ kind: "json", body: ownRun(options, call) }),
    followRun: async (call) => {
      const run = ownRun(options, call);
      const live = options.turns.live(run.id);
      return {
        kind: "stream",
        write: (sink) =>
          followRun(
            sink,
            live ?? { ...run, steps: options.runs.steps(run.id) },
            call.lastEventId ?? 0,
          ),
      };
    },
    cancelRun: (call) => cancelRun(options, call),
  };
}

async function cancelRun(options: TalkOptions, call: CallOf<"cancelRun">): Promise<Reply> {
  const { turns } = options;
  await options.recovered;
  const run = ownRun(options, call);
  const live = turns.live(run.id);
  if (live === undefined) return { kind: "json", body: run };
  turns.cancel(live);
  await live.end;
  return { kind: "json", body: ownRun(options, call) };
}

function ownRun(
  { runs, language }: TalkOptions,
  call: Pick<CallOf<"getRun">, "params" | "principal">,
): Run {
  const run = runs.find(call.params.id, call.principal);
  if (run === undefined)
    throw new ProblemError(problem("not_found", { detail: problemWords.noSuchRun[language] }));
  return run;
}

function unknownCommand(name: string, language: keyof Bilingual): ProblemError {
  const detail = problemWords.unknownCommand(name)[language];
  return new ProblemError(problem("unknown_command", { detail }));
}

async function sendMessage(options: TalkOptions, call: CallOf<"sendMessage">): Promise<Reply> {
  const request = call.body;
  const { quote, attachments } = request;
  const read = request.spoken === true ? ({ kind: "speech" } as const) : readText(request.text);
  if (read.kind === "unknown_command") throw unknownCommand(read.name, options.language);
  if (read.kind === "command") {
    const { command, args } = read;
    if (attachments !== undefined) {
      const detail = problemWords.commandWithAttachments[options.language];
      throw new ProblemError(problem("invalid_body", { detail }));
    }
    if (command === "rethink") {
      const asked = { conversation: request.conversation, args };
      return askTurn(options, call, () => rethinkSubmission(options, call.principal, asked));
    }
    const started = options.now();
    const { result, replayed } = await options.commands.execute({
      principal: call.principal,
      command,
      args,
      conversation: request.conversation,
      dedupe: options.idempotency.keyOf(call),
    });
    const answer = commandAnswer(
      result,
      request.conversation,
      Math.max(0, options.now() - started),
    );
    return deliver(answer, request.stream === true, replayed);
  }
  return askTurn(options, call, () => ({
    conversation: request.conversation ?? newConversationName(),
    text: request.text,
    ...(quote === undefined ? {} : { quote }),
    ...(attachments === undefined ? {} : { attachments }),
    mode: request.mode,
  }));
}

async function askTurn(
  options: TalkOptions,
  call: CallOf<"sendMessage">,
  asked: () => Pick<
    Submission,
    "conversation" | "text" | "quote" | "attachments" | "mode" | "rethink"
  >,
): Promise<Reply> {
  const request = call.body;
  const admitted = await options.keyed.admit(call, () => ({
    ...asked(),
    detached: call.preferAsyncAfterMs !== undefined,
    watched: request.stream === true || call.preferAsyncAfterMs !== undefined,
  }));
  if (admitted.kind === "replayed") return deliver(admitted.answer, request.stream === true, true);
  return answerCall(options, call, request, admitted);
}

/** `rethink` as a typed command: it waits for its run, and a caller that goes away ends it. */
async function rethinkTyped(options: TalkOptions, call: CallOf<"runCommand">): Promise<Reply> {
  const { args = {}, conversation } = call.body;
  const admitted = await options.keyed.admit(call, () => ({
    ...rethinkSubmission(options, call.principal, { conversation, args }),
    detached: false,
    watched: false,
  }));
  if (admitted.kind === "replayed")
    return { kind: "json", body: rethinkResult(admitted.answer), headers: replayedHeader };
  const { run, leave: onGone } = admitted;
  if (call.signal.aborted) onGone();
  else call.signal.addEventListener("abort", onGone, { once: true });
  const end = await run.end;
  return end.kind === "answered"
    ? { kind: "json", body: rethinkResult(end.answer) }
    : { kind: "problem", problem: end.problem };
}

async function answerCall(
  options: TalkOptions,
  call: CallOf<"sendMessage">,
  request: MessageRequest,
  { run, leave: onGone }: AdmittedTurn & { kind: "run" },
): Promise<Reply> {
  if (call.signal.aborted) onGone();
  else call.signal.addEventListener("abort", onGone, { once: true });
  if (request.stream === true) {
    return { kind: "stream", write: (sink: StreamSink) => followRun(sink, run, 0) };
  }
  const { preferAsyncAfterMs } = call;
  // A turn that was joined may end with its first caller: it is not acknowledged before its answer.
  if (preferAsyncAfterMs === undefined || !run.submission.detached) return ended(await run.end);
  const early = await endsWithin(run, preferAsyncAfterMs);
  if (early !== undefined) return ended(early);
  try {
    // 202 is an acknowledgement: the question must be on disk.
    await run.received;
  } catch {
    // The run's end says why it could not be written.
    return ended(await run.end);
  }
  const body = options.runs.find(run.id, call.principal);
  return { kind: "json", status: 202, body, headers: { Location: `/api/v1/runs/${run.id}` } };
}

async function endsWithin(run: LiveRun, ms: number): Promise<RunEnd | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  try {
    return await Promise.race([run.end, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function ended(end: RunEnd): Reply {
  return end.kind === "answered"
    ? { kind: "json", body: end.answer }
    : { kind: "problem", problem: end.problem };
}

function deliver(answer: MessageAnswer, stream: boolean, replayed: boolean): Reply {
  const headers = replayed ? replayedHeader : {};
  if (!stream) return { kind: "json", body: answer, headers };
  return {
    kind: "stream",
    headers,
    write: async (sink) => {
      sink.send({ event: "delta", data: { text: answer.text } });
      sink.send({ event: "answer", data: answer });
      await sink.drained();
    },
  };
}

/** A command's result in the shape of an answer. */
function commandAnswer(
  result: CommandResult,
  asked: string | undefined,
  ms: number,
): MessageAnswer {
  return {
    id: result.id,
    conversation: result.conversation ?? asked ?? newConversationName(),
    text: result.text,
    mode: "COMMAND",
    answeredBy: "command",
    finish: "stop",
    data: result.data,
    ms,
  };
}
