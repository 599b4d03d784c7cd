import assert from "node:assert/strict";
import type { TraceStep } from "@adyton/protocol";
import {
  type OpenAiEmulator,
  type OpenAiEmulatorOptions,
  startOpenAiEmulator,
} from "@adyton/emulators";
import {
  type FixtureOptions,
  openApp,
  poolOf,
  question,
} from "../../packages/core/src/app/test/app-fixture.ts";
import type { LiveRun, Submission } from "../../packages/core/src/app/live-run.ts";
import { owner } from "../../packages/core/src/app/tokens.ts";
import { open } from "./backend-fixture.ts";

/** A node without its doors over a scripted model server on a real socket. */
export async function openNode(
  emulated: OpenAiEmulatorOptions = {},
  options: FixtureOptions & { readonly model?: string } = {},
) {
  const stack = new AsyncDisposableStack();
  const model = options.model ?? "emulated-chat";
  const models = [{ id: model, kind: "chat", contextTokens: 8_192 }] as const;
  const emulator = stack.use(await startOpenAiEmulator({ models, ...emulated }));
  const backend = stack.use(open(emulator.url, { model, timeouts: {} }));
  await backend.start?.();
  emulator.clear();
  const app = stack.use(
    await openApp({ ...options, backends: options.backends ?? poolOf(backend) }),
  );
  return { app, emulator, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

export type Node = Awaited<ReturnType<typeof openNode>>;

/** Asks in a mode and waits for the answer; fails where there is none. */
export async function answerOf(node: Node, text: string, more: Partial<Submission> = {}) {
  const run = node.app.turns.submit(question(text, { mode: "RECURSIA", ...more }));
  return { ...(await answered(run)), run };
}

export async function answered(run: LiveRun) {
  const end = await run.end;
  assert.ok(end.kind === "answered", JSON.stringify(end));
  const { answer } = end;
  return { answer, report: answer.recursia ?? assert.fail("no report") };
}

/** What the journal has of a run's steps. */
export const stepsOf = ({ app }: Node, run: LiveRun): readonly TraceStep[] =>
  app.runs.steps(run.id);

export const kinds = (steps: readonly TraceStep[]): string[] =>
  steps.map(({ kind, verdict }) => `${kind}:${verdict}`);

export const chats = (emulator: OpenAiEmulator): number =>
  emulator.requests.filter(({ endpoint }) => endpoint === "chat").length;

/** A node whose memory holds one document of the owner's. */
export async function withSourceText(options: Parameters<typeof openNode>[0], text: string) {
  const node = await openNode(options);
  await node.app.memory.addAll(
    [{ title: "House", source: "house.md", mediaType: "text/markdown", text, shared: false }],
    owner,
  );
  return node;
}
