import type { Readable } from "node:stream";

/** Longer is not typed by hand. */
export const hiddenCharsMax = 4_096;

interface Terminal {
  readonly input: Readable & { setRawMode(isRaw: boolean): unknown };
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks at the terminal for one line that is not shown: a secret. `undefined` at Ctrl-D on an empty line. Ctrl-C is the
 * process's own signal. Rejects with the signal's reason; the terminal is as before in any case.
 */
export async function readHiddenLine(
  prompt: string,
  { input, output }: Terminal,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  let line = "";
  const onData = (piece: string): void => {
    for (const character of piece) {
      if (character === "\r" || character === "\n") return resolve(line);
      if (character === "\u0003") process.kill(process.pid, "SIGINT");
      else if (character === "\u0004" && line === "") return resolve(undefined);
      else if (character === "\u007f" || character === "\b") line = line.slice(0, -1);
      else if (character === "\u0015") line = "";
      else if (character >= " " && line.length < hiddenCharsMax) line += character;
    }
  };
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  output.write(prompt);
  input.setRawMode(true);
  input.setEncoding("utf8").on("data", onData).resume();
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    input.off("data", onData).pause();
    input.setRawMode(false);
    output.write("\n");
  }
}
