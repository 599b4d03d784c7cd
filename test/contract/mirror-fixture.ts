import assert from "node:assert/strict";
import { MirrorReport } from "@adyton/protocol";
import { stateTables } from "../../packages/core/src/adapters/sqlite/projections.ts";
import { owner } from "../../packages/core/src/app/tokens.ts";
import type { Principal } from "../../packages/core/src/ports/http.ts";
import { question } from "../../packages/core/src/app/test/app-fixture.ts";
import { type Node, openNode } from "./recursia-fixture.ts";

/** Turns of a conversation, and sentences of each, that make a context in which a middle can be lost. */
const turns = 4;
const sentences = 20;

/** A node with a conversation that is long enough to have a middle. */
export async function talkedTo(...options: Parameters<typeof openNode>): Promise<Node> {
  const [emulated, more] = options;
  await using stack = new AsyncDisposableStack();
  const node = stack.use(await openNode({ ...emulated, persona: null }, more));
  const { persona = null } = emulated ?? {};
  for (let turn = 0; turn < turns; turn += 1) {
    const text = Array.from({ length: sentences }, (_, index) =>
      index % 2 === 0
        ? `Note ${turn * sentences + index}: the harbour was quiet.`
        : `Заметка ${turn * sentences + index}: в гавани было тихо.`,
    ).join(" ");
    const end = await node.app.turns.submit(question(text)).end;
    assert.equal(end.kind, "answered");
  }
  node.emulator.setPersona(persona);
  node.emulator.clear();
  const opened = stack.move();
  return { ...node, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Every row of the state tables, by table. */
export function stateRows({ app }: Pick<Node, "app">): Readonly<Record<string, unknown>> {
  const rows = (table: string) => app.records.database.prepare(`SELECT * FROM ${table}`).all();
  return Object.fromEntries(stateTables.map((table) => [table, rows(table)]));
}

export async function mirror(
  { app }: Pick<Node, "app">,
  principal: Principal = owner,
): Promise<MirrorReport> {
  const invocation = { principal, command: "mirror_self", args: {}, conversation: "c" } as const;
  const { result } = await app.commands.execute(invocation);
  return MirrorReport.parse(result.data);
}

export function checkOf(report: MirrorReport, id: string): MirrorReport["checks"][number] {
  return report.checks.find((check) => check.id === id) ?? assert.fail(`no check ${id}`);
}

/** The checks of the model that are not well. */
export const troubled = ({ checks }: MirrorReport): string[] =>
  checks.filter(({ kind, status }) => kind === "model" && status !== "ok").map(({ id }) => id);
