import { CodedError } from "@adyton/runtime/coded-error";

/** Why the node does not start. The message says what to do; nothing was changed. */
export class StartError extends CodedError<
  | "home_refused"
  | "home_locked"
  | "config_refused"
  | "key_refused"
  | "journal_refused"
  | "address_in_use"
  | "backend_refused"
> {
  /** Every problem of a refused configuration, one line each. */
  readonly problems: readonly string[];
  constructor(
    code: StartError["code"],
    message: string,
    options: ErrorOptions & { problems?: readonly string[] } = {},
  ) {
    super(code, message, options);
    this.problems = options.problems ?? [];
  }
}
