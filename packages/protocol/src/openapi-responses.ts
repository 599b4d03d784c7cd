import { Run } from "./message.ts";
import { openAiError, OpenAiError, openAiStatus, speaksOpenAi } from "./openai/error.ts";
import type { Components, Json } from "./openapi-schemas.ts";
import { problem, Problem, type ProblemCode, problemCodes, problemTable } from "./problems.ts";
import type { Route } from "./route.ts";
import { bodyProblems, commonProblems } from "./routes.ts";

interface Answer {
  readonly description: string;
  readonly headers?: Json;
  readonly content: Json;
}

/** Everything a route can answer: its own answer, a run to wait for, a stream, and each status of its problems. */
export function responses(route: Route, components: Components): Json {
  const answers = new Map(ownAnswers(route, components));
  const all: [number, Json | Answer][] = [...answers];
  for (const [status, codes] of problemsByStatus(route)) {
    const own = answers.get(status);
    const isOpenAi = speaksOpenAi(route.path);
    const refused = problemAnswer(status, codes, components, isOpenAi);
    // Most routes share most of their refusals; those are written once.
    if (own === undefined)
      all.push([
        status,
        components.response(`${isOpenAi ? "openai-" : ""}${codes.join("-or-")}`, { ...refused }),
      ]);
    else
      all.push([
        status,
        {
          description: `${own.description} ${refused.description}`,
          ...(refused.headers === undefined ? {} : { headers: refused.headers }),
          content: { ...own.content, ...refused.content },
        },
      ]);
  }
  return Object.fromEntries(all);
}

function ownAnswers(route: Route, components: Components): [number, Answer][] {
  const { schema, mediaType } = route.response;
  const body = { [mediaType]: { schema: components.schema(schema, "output") } };
  const stream =
    route.events === undefined
      ? {}
      : { "text/event-stream": streamContent(route.events, components) };
  const content =
    route.stream === "lines" ? body : { ...(route.stream === "always" ? {} : body), ...stream };
  const answers: [number, Answer][] = [
    [route.status, { description: schema.description ?? route.summary, content }],
  ];
  if (route.async === true)
    answers.push([
      202,
      {
        description: "The run goes on; look at it under Location.",
        headers: { Location: { description: "The run's address.", schema: { type: "string" } } },
        content: { "application/json": { schema: components.schema(Run, "output") } },
      },
    ]);
  // The one route whose answer is the same, whether things are well or not.
  if (route.id === "getHealth")
    answers.push([503, { description: "Nothing is accepted.", content: body }]);
  return answers;
}

function streamContent(events: NonNullable<Route["events"]>, components: Components): Json {
  const named = Object.entries(events).map(([name, schema]) => {
    const shape = components.schema(schema, "output");
    const id = `StreamEvent${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return [name, shape["$ref"] === undefined ? components.named(id, schema, "output") : shape];
  });
  return {
    schema: {
      type: "string",
      description:
        `Server-sent events, each with JSON as its data, by their names: ${Object.keys(events).join(", ")}. ` +
        "Comments are heartbeats. An event without a name is a `message`.",
    },
    "x-events": Object.fromEntries(named),
  };
}

function problemsByStatus(route: Route): [number, ProblemCode[]][] {
  const codes = new Set<ProblemCode>([
    ...commonProblems,
    ...(route.method === "POST" ? bodyProblems : []),
    ...route.problems,
  ]);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const own = problemTable[code].status;
    const status = speaksOpenAi(route.path) ? openAiStatus(own) : own;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return [...byStatus].toSorted(([a], [b]) => a - b);
}

const retryAfter = {
  "Retry-After": {
    schema: { type: "integer" },
    description: "Seconds to wait before the next try, when they are known.",
  },
};
const problemHeaders: Readonly<Record<number, Json>> = {
  401: { "WWW-Authenticate": { schema: { type: "string" }, description: "A Bearer challenge." } },
  405: { Allow: { schema: { type: "string" }, description: "The methods this address takes." } },
  429: retryAfter,
  503: retryAfter,
};

function problemAnswer(
  status: number,
  codes: readonly ProblemCode[],
  components: Components,
  isOpenAi: boolean,
): Answer {
  const headers = problemHeaders[status];
  return {
    description: codes.map((code) => `\`${code}\`: ${problemTable[code].title}`).join(" "),
    ...(headers === undefined ? {} : { headers }),
    content: isOpenAi
      ? {
          "application/json": {
            schema: components.schema(OpenAiError, "output"),
            examples: Object.fromEntries(
              codes.map((code) => [code, { value: openAiError(problem(code)) }]),
            ),
          },
        }
      : {
          "application/problem+json": {
            schema: components.schema(Problem, "output"),
            examples: Object.fromEntries(
              codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        },
  };
}

/** Every problem as an example, by its code. */
export function problemExamples(): Json {
  return Object.fromEntries(problemCodes.map((code) => [code, { value: problem(code) }]));
}
