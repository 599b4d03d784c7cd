/** What is answered with a status and a reason in OpenAI's shape. The texts are our own: no word of a prompt is in them. */
export class RequestError extends Error {
  readonly status: number;
  readonly type: string;
  readonly extra: Readonly<Record<string, number>>;

  constructor(
    status: number,
    message: string,
    type = "invalid_request_error",
    extra: Readonly<Record<string, number>> = {},
  ) {
    super(message);
    this.name = "RequestError";
    this.status = status;
    this.type = type;
    this.extra = extra;
  }
}

/** As llama.cpp's own server says it, with both counts. */
export const overflow = (promptTokens: number, contextTokens: number): RequestError =>
  new RequestError(
    400,
    `the request (${promptTokens} tokens) exceeds the available context size (${contextTokens} tokens)`,
    "exceed_context_size_error",
    { n_prompt_tokens: promptTokens, n_ctx: contextTokens },
  );
