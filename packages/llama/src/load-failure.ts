/** The model cannot be used; the message says why, for the owner. */
export class LoadError extends Error {
  override name = "LoadError";
}

const reasonCharsMax = 300;

/**
 * Why a model did not load, from what llama.cpp logged and what was thrown. Both may repeat text of the file, which is
 * cut and freed of what a terminal would obey.
 */
export function loadFailure(error: unknown, logged: readonly string[]): LoadError {
  if (error instanceof LoadError) return error;
  const lines = logged.join("\n");
  const architecture = /unknown model architecture: '([^']*)'/.exec(lines)?.[1];
  if (architecture !== undefined)
    return new LoadError(
      `this llama.cpp does not know the architecture "${plain(architecture, 64)}"`,
    );
  const said = /error loading model: ([^\n]*)/.exec(lines)?.[1];
  const thrown = error instanceof Error ? error.message : "no reason was given";
  return new LoadError(plain(said ?? thrown, reasonCharsMax));
}

function plain(text: string, charsMax: number): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, charsMax);
}
