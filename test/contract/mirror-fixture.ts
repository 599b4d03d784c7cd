import assert from "node:assert/strict";
import { MirrorReport } from "@adyton/protocol";
import { stateTables } from "../../packages/core/src/adapters/sqlite/projections.ts";
import { owner } from "../../packages/core/src/app/tokens.ts";
import type { Principal } from "../../packages/core/src/ports/http.ts";
import { question } from "../../packages/core/src/app/test/app-fixture.ts";
import { type Node, openNode } from "./recursia-fixture.ts";

/** What was answered in a conversation: each turn says something of its own. */
const answers = [
  "Noted: nothing happened there at night.",
  "Хорошо, днём тоже было спокойно.",
  "The keeper can sleep, then.",
  "Пусть так и останется до весны.",
];
/** Sentences of each question: together they make a context in which a middle can be lost. */
const sentences = 32;

/** A node with a conversation that is long enough to have a middle. */
export async function talkedTo(...options: Parameters<typeof openNode>): Promise<Node> {
  const [emulated, more] = options;
  await using stack = new AsyncDisposableStack();
  const node = stack.use(await openNode({ ...emulated, persona: null }, more));
  const { persona = null } = emulated ?? {};
  for (const [turn, reply] of answers.entries()) {
    node.emulator.setRules([{ reply }]);
    const text = Array.from({ length: sentences }, (_, index) =>
      index % 2 === 0
        ? `Note ${turn * sentences + index}: the harbour was quiet.`
        : `Заметка ${turn * sentences + index}: в гавани было тихо.`,
    ).join(" ");
    const end = await node.app.turns.submit(question(text)).end;
    assert.equal(end.kind, "answered");
  }
  node.emulator.setRules(emulated?.rules ?? []);
  node.emulator.setPersona(persona);
  node.emulator.clear();
  const opened = stack.move();
  return { ...node, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Every row of the state tables, by table. */
export function stateRows({
  app,
}: Pick<Node, "app">): Partial<Record<(typeof stateTables)[number], unknown[]>> {
  const rows = (table: string): unknown[] =>
    app.records.database.prepare(`SELECT * FROM ${table}`).all();
  return Object.fromEntries(stateTables.map((table) => [table, rows(table)]));
}

export async function mirror(
  { app }: Pick<Node, "app">,
  principal: Principal = owner,
): Promise<MirrorReport> {
  // The journal has a clock of its own; what the test's lags behind it would be told as skew.
  app.clock.ms = Math.max(app.clock.ms, Date.now());
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
