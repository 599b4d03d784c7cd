import { createInterface, type Interface } from "node:readline";
import { Failure } from "./failure.ts";
import type { Shell } from "./shell.ts";
import { streamTurn } from "./turn.ts";

const historyLinesMax = 200;

interface Context {
  readonly conversation?: string;
  readonly mode?: string;
}

/**
 * A conversation on a terminal. Ctrl-C cancels the turn that is going on (closing its connection tells the node), or
 * empties the line; Ctrl-D ends. A refusal is printed and the conversation goes on; a node that is gone ends it.
 */
export async function chat(shell: Shell, context: Context): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  let { conversation } = context;
  print.note(t("chat.welcome", { conversation: conversation ?? t("chat.new") }));
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: print.paint("cyan", "> "),
    historySize: historyLinesMax,
  });
  let turn: AbortController | undefined;
  lines.on("SIGINT", () => {
    if (turn === undefined) emptyLine(lines, () => print.note(t("chat.how_to_end")));
    else turn.abort();
  });
  try {
    lines.prompt();
    for await (const line of lines) {
      const text = line.trim();
      if (text === "/exit" || text === "/quit") break;
      if (text !== "") {
        turn = new AbortController();
        const { signal } = turn;
        const { mode } = context;
        const message = {
          text,
          ...(conversation === undefined ? {} : { conversation }),
          ...(mode === undefined ? {} : { mode }),
        };
        try {
          const answer = await streamTurn({ client, print, t, message, signal });
          ({ conversation } = answer);
        } catch (error) {
          if (signal.aborted) print.note(`\n${t("chat.cancelled")}`, "yellow");
          else if (error instanceof Failure && error.code === "failed") print.failure(error);
          else throw error;
        }
        turn = undefined;
      }
      lines.prompt();
    }
  } finally {
    lines.close();
  }
  print.line();
  return 0;
}

function emptyLine(lines: Interface, onEmpty: () => void): void {
  if (lines.line === "") {
    process.stdout.write("\n");
    onEmpty();
  }
  // Ctrl-E and Ctrl-U as if typed: to the end, then delete to the start.
  else {
    lines.write(null, { ctrl: true, name: "e" });
    lines.write(null, { ctrl: true, name: "u" });
  }
  lines.prompt();
}
