import * as z from "zod";

/**
 * Every way a request can fail: the closed list of codes, each with its HTTP status and its title.
 * A client matches on `code`; titles and details are for people.
 */
export const problemTable = {
  invalid_json: { status: 400, title: "The body is not valid JSON." },
  invalid_request: { status: 400, title: "The request is malformed." },
  unauthorized: { status: 401, title: "A valid token is needed." },
  forbidden: { status: 403, title: "The caller's grant does not cover this." },
  foreign_origin: { status: 403, title: "Web pages of another origin may not call the node." },
  not_found: { status: 404, title: "There is nothing here." },
  unknown_model: { status: 404, title: "There is no such model." },
  method_not_allowed: { status: 405, title: "This address does not take that method." },
  request_timeout: { status: 408, title: "The request did not arrive in time." },
  conflict: { status: 409, title: "The request does not fit the present state." },
  cancelled: { status: 409, title: "The run was cancelled." },
  erased: { status: 410, title: "What was here has been erased." },
  payload_too_large: { status: 413, title: "The body is too large." },
  target_too_long: { status: 414, title: "The address is too long." },
  unsupported_media_type: { status: 415, title: "The body's media type is not supported." },
  foreign_host: { status: 421, title: "The node answers only to its own loopback names." },
  invalid_body: { status: 422, title: "The body does not fit the schema." },
  unknown_mode: { status: 422, title: "There is no such mode." },
  unknown_command: { status: 422, title: "There is no such command." },
  idempotency_mismatch: {
    status: 422,
    title: "This Idempotency-Key was used for another request.",
  },
  busy: { status: 429, title: "Too much is waiting; try again later." },
  headers_too_large: { status: 431, title: "The headers are too large." },
  internal: { status: 500, title: "The node failed; its log says more." },
  backend_invalid: { status: 502, title: "The model server answered with something unusable." },
  backend_unavailable: { status: 503, title: "The model server does not answer." },
  storage_full: {
    status: 503,
    title: "The disk is full; nothing is accepted until there is room.",
  },
  storage_failed: { status: 503, title: "The journal cannot be written; nothing is accepted." },
  stopping: { status: 503, title: "The node is stopping." },
  interrupted: { status: 503, title: "The node stopped while the run was going on." },
  budget_exhausted: { status: 504, title: "The run used up its budget." },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problemTable;
export const problemCodes = Object.keys(problemTable).filter(isProblemCode);

export const Problem = z
  .strictObject({
    type: z.string().describe("urn:adyton:problem:CODE"),
    title: z.string(),
    status: z.int(),
    code: z.enum(problemCodes),
    detail: z.string().optional().describe("What was wrong and what to do next."),
    instance: z
      .string()
      .optional()
      .describe("The run it concerns, or for `internal` the request as the log knows it."),
    errors: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .describe("Each fault of a body, by JSON pointer."),
    retryAfterSeconds: z.int().optional(),
  })
  .meta({ id: "Problem", description: "What went wrong (RFC 9457)." });
export type Problem = z.infer<typeof Problem>;

/** Builds the RFC 9457 object of a code; `extra` adds what is known of this occurrence. */
export function problem(
  code: ProblemCode,
  extra: Partial<Pick<Problem, "detail" | "instance" | "errors" | "retryAfterSeconds">> = {},
): Problem {
  const { status, title } = problemTable[code];
  return { type: `urn:adyton:problem:${code}`, title, status, code, ...extra };
}

function isProblemCode(key: string): key is ProblemCode {
  return Object.hasOwn(problemTable, key);
}
