/**
 * Errors that may be logged, and how every error is logged.
 *
 * A foreign error may carry a token in its message, its stack or a nested property (an HTTP client's error holds the
 * request). So only our own classes are trusted to speak: of anything else the log gets the name, the code and the
 * place in the source.
 */

const causeDepthMax = 3;
const tokenCharsMax = 64;

/** The base of our own errors: a closed set of codes, and a message that never holds a secret. */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export interface ErrorDescription {
  readonly name: string;
  readonly code?: string | undefined;
  /** Present for our own errors only. */
  readonly message?: string | undefined;
  /** `file.ts:line:column` of the throw: the file's name without its folder. */
  readonly at?: string | undefined;
  readonly cause?: ErrorDescription | undefined;
}

/**
 * What may be written down about anything that was thrown. Never throws, never shows the message or the properties of
 * an error that is not a `CodedError`, and follows at most three causes.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error))
    return { name: `thrown ${error === null ? "null" : typeof error}` };
  const cause = depth < causeDepthMax ? property(error, "cause") : undefined;
  const code = token(property(error, "code"));
  const at = place(error);
  return {
    name: token(property(error, "name")) ?? "Error",
    ...(code === undefined ? {} : { code }),
    ...(error instanceof CodedError ? { message: error.message } : {}),
    ...(at === undefined ? {} : { at }),
    ...(cause === undefined || cause === null ? {} : { cause: describeError(cause, depth + 1) }),
  };
}

/** The description on one line: `LinkError refused: the peer is unknown (link.ts:10:3), because Error ECONNRESET`. */
export function errorText(error: unknown): string {
  return descriptionText(describeError(error));
}

/** A description on one line. */
export function descriptionText({ name, code, message, at, cause }: ErrorDescription): string {
  return [
    name,
    code === undefined ? "" : ` ${code}`,
    message === undefined ? "" : `: ${message}`,
    at === undefined ? "" : ` (${at})`,
    cause === undefined ? "" : `, because ${descriptionText(cause)}`,
  ].join("");
}

/** A getter of a foreign error may throw; the log must not. */
function property(error: Error, key: string): unknown {
  try {
    return Reflect.get(error, key);
  } catch {
    return undefined;
  }
}

/** Only short identifiers pass, so that free text cannot travel as a name or a code. */
function token(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value !== "string" || value.length > tokenCharsMax) return undefined;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(value) ? value : undefined;
}

/** The first frame after the message; without its folder, because a path can name a person. */
function place(error: Error): string | undefined {
  const stack = property(error, "stack");
  const message = property(error, "message");
  if (typeof stack !== "string" || typeof message !== "string") return undefined;
  const start = message === "" ? 0 : stack.indexOf(message) + message.length;
  const frame = /\n {4}at [^\n]*?([A-Za-z0-9_.-]{1,64}:\d{1,7}:\d{1,7})\)?(?:\n|$)/.exec(
    stack.slice(start, start + 4096),
  );
  return frame?.[1];
}
