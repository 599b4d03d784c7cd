/** What the server answers instead of a result. The words are the real server's: clients tell cases apart by them. */
export class BotFailure extends Error {
  override readonly name = "BotFailure";
  readonly status: number;
  readonly retryAfterS: number | undefined;

  constructor(status: number, description: string, retryAfterS?: number) {
    super(description);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export function badRequest(description: string): BotFailure {
  return new BotFailure(400, `Bad Request: ${description}`);
}

/** The body of a failed call. */
export function failureBody(failure: BotFailure): object {
  return {
    ok: false,
    error_code: failure.status,
    description: failure.message,
    ...(failure.retryAfterS === undefined
      ? {}
      : { parameters: { retry_after: failure.retryAfterS } }),
  };
}
