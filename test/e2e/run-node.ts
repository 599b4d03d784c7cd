// Runs one node for the tests: options as JSON in the first argument, notices as JSON lines on standard output. It ends
// with its parent: when standard input closes, so that no test leaves a node behind.
import { startNode, StartError } from "@adyton/core";

interface Options {
  readonly home: string;
  readonly port: number;
  /** Absent: the configuration decides. */
  readonly backend?: string;
  readonly language: "en" | "ru";
  readonly isUnguarded?: boolean;
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

try {
  // Written by the fixture beside this file, so its shape is known.
  const options = JSON.parse(process.argv[2] ?? "{}") as Options;
  const node = await startNode({
    ...options,
    version: "0.0.0-test",
    checkResponses: true,
    // A busy machine may take seconds to index the manual; what is asked meanwhile waits for it.
    indexWaitMsMax: 30_000,
    onNotice: say,
  });
  process.once("SIGTERM", () => {
    void node[Symbol.asyncDispose]().then(() => process.exit(0));
  });
  process.stdin.on("end", () => process.exit(1)).resume();
  say({ kind: "ready", port: node.port });
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  say({ kind: "refused", code: error.code, message: error.message, problems: error.problems });
  process.exit(3);
}
