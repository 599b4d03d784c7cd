import * as z from "zod";
import { type Problem, problemCodes } from "../problems.ts";

/**
 * OpenAI's clients parse errors of one shape, and raise by their status. So everything under `/v1/` fails in that shape;
 * the codes are the node's own closed list.
 */
export const OpenAiError = z
  .strictObject({
    error: z.strictObject({
      message: z.string(),
      type: z.enum([
        "invalid_request_error",
        "authentication_error",
        "permission_error",
        "rate_limit_error",
        "server_error",
      ]),
      param: z.string().nullable().describe("The faulty part of the body: `messages[0].role`."),
      code: z.enum(problemCodes),
    }),
  })
  .meta({ id: "OpenAiError", description: "What went wrong, as OpenAI's clients expect it." });
export type OpenAiError = z.infer<typeof OpenAiError>;

/** Whether an address speaks OpenAI's dialect: its errors have that shape, and unknown bearers are ignored. */
export function speaksOpenAi(path: string): boolean {
  return path.startsWith("/v1/");
}

/** The status of a problem in that dialect: its clients know 400 for every fault of a request's content. */
export function openAiStatus(status: number): number {
  return status === 422 ? 400 : status;
}

/** A problem in that dialect. */
export function openAiError(problem: Problem): OpenAiError {
  const [fault] = problem.errors ?? [];
  const param = fault === undefined ? null : memberName(fault.path);
  const what = problem.detail ?? problem.title;
  const message = fault === undefined ? what : `${what} ${param ?? "body"}: ${fault.message}.`;
  return { error: { message, type: typeOf(problem.status), param, code: problem.code } };
}

function typeOf(status: number): OpenAiError["error"]["type"] {
  if (status >= 500) return "server_error";
  if (status === 401) return "authentication_error";
  if (status === 403 || status === 421) return "permission_error";
  return status === 429 ? "rate_limit_error" : "invalid_request_error";
}

/** `/messages/0/role` (RFC 6901) as `messages[0].role`; the whole body has no name. */
function memberName(pointer: string): string | null {
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const name = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join("");
  return name === "" ? null : name.replace(/^\./, "");
}
