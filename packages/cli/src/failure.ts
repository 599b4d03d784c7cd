import { CodedError } from "@adyton/runtime/coded-error";

/** What a command's end means to a script. Anything else is 128 plus the number of the signal that ended it. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 69 } as const;

interface FailureParts {
  readonly title: string;
  readonly detail?: string | undefined;
  /** What to do about it. */
  readonly advice?: string | undefined;
  /** The whole of it for `--json`; the parts above when absent. */
  readonly data?: unknown;
  readonly cause?: unknown;
}

/** An end of a command that the user is told about in words, without a stack. */
export class Failure extends CodedError<"failed" | "usage" | "unreachable"> {
  readonly detail: string | undefined;
  readonly advice: string | undefined;
  readonly data: unknown;

  constructor(code: Failure["code"], parts: FailureParts) {
    super(code, parts.title, parts.cause === undefined ? {} : { cause: parts.cause });
    this.detail = parts.detail;
    this.advice = parts.advice;
    this.data = parts.data;
  }
}
