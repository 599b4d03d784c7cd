import { type Problem, problem, type Route } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Edge } from "./edge.ts";

/**
 * What is answered where a handler failed. Of a fault of ours the caller learns an id and nothing else; the log line
 * with the same id has the rest.
 */
export function failureOf(edge: Edge, error: unknown, route: Route | undefined): Problem {
  if (error instanceof ProblemError) return error.problem;
  const requestId = edge.requestId();
  edge.log({
    level: "error",
    message: "a request failed",
    fields: { requestId, route: route?.id ?? "none", error },
  });
  return problem("internal", { instance: `urn:adyton:request:${requestId}` });
}
