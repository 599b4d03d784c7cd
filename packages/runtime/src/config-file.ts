import { closeSync, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import type { ZodType, z } from "zod";
import { writeFileAtomic } from "./atomic-file.ts";
import {
  parseConfigText,
  type ConfigDocument,
  type Place,
  type PlacedMessage,
} from "./config-document.ts";
import { setDocumentValue } from "./config-edit.ts";
import { alternatives, expectation, keysAt, schemaAt } from "./config-expectation.ts";
import { closest } from "./suggestion.ts";

/** Configuration is read once and refused whole, with every problem listed by file, line and column. */

export const configBytesMax = 256 * 1024;

const foundCharsMax = 24;

export interface ConfigProblem extends Place {
  readonly file: string;
  /** For example `listen.port` or `rules[2].when`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export type ConfigOutcome<T> =
  | { readonly kind: "ok"; readonly value: T; readonly source: "file" | "absent" }
  | { readonly kind: "refused"; readonly problems: readonly ConfigProblem[] };

export type SetConfigOutcome =
  | { readonly kind: "written" }
  | { readonly kind: "refused"; readonly problems: readonly ConfigProblem[] };

/**
 * Reads a YAML file and parses it with a schema. An absent file is an empty one. Refused: more than `configBytesMax`,
 * text that is not UTF-8, YAML mistakes, duplicate and unknown keys, anchors, aliases, tags, and everything that the
 * schema refuses; a mistaken `yes` for a boolean is a refusal too, never a default.
 */
export function readConfigFile<T>(path: string, schema: ZodType<T>): ConfigOutcome<T> {
  const file = readText(path);
  if (file.kind === "refused") return file;
  const parsed = parseConfigText(file.text);
  if (parsed.kind === "refused") return refused(path, parsed.problems);
  const result = schema.safeParse(parsed.document.value);
  if (result.success)
    return { kind: "ok", value: result.data, source: file.present ? "file" : "absent" };
  const problems = result.error.issues.flatMap((issue) =>
    explain(issue, [], schema, parsed.document),
  );
  problems.sort((left, right) => left.line - right.line || left.column - right.column);
  return refused(path, problems);
}

/** `adyton.yaml:3:9 listen.port: must be a whole number from 1 to 65535, found "abc"` */
export function formatConfigProblem({ file, line, column, path, message }: ConfigProblem): string {
  return `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;
}

/**
 * Writes one value into the file, creating file and groups that are absent, and keeps comments and order. The file is
 * replaced atomically with its mode kept; a link stays a link. Refused when the file cannot be read as YAML or when
 * `path` leads through a plain value. The value is not checked against a schema: read the file again after.
 */
export async function setConfigValue(
  path: string,
  keyPath: readonly (string | number)[],
  value: string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>,
): Promise<SetConfigOutcome> {
  const file = readText(path);
  if (file.kind === "refused") return file;
  const parsed = parseConfigText(file.text);
  if (parsed.kind === "refused") return refused(path, parsed.problems);
  const { document } = parsed.document;
  const edit = setDocumentValue(document, keyPath, value);
  if (edit.kind === "refused")
    return refused(path, [
      {
        ...parsed.document.valuePlace(edit.path),
        path: edit.path,
        message: "is a plain value, so nothing can be set inside it: remove it first",
      },
    ]);
  await writeFileAtomic(file.target, document.toString({ lineWidth: 0 }), { mode: file.mode });
  return { kind: "written" };
}

type TextFile =
  | {
      readonly kind: "text";
      readonly text: string;
      readonly present: boolean;
      readonly mode: number;
      /** Behind any links. */
      readonly target: string;
    }
  | { readonly kind: "refused"; readonly problems: readonly ConfigProblem[] };

function readText(path: string): TextFile {
  const whole = (message: string): TextFile =>
    refused(path, [{ line: 1, column: 1, path: [], message }]);
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    if (code === "ENOENT")
      return { kind: "text", text: "", present: false, mode: 0o600, target: path };
    return whole(`cannot be read (${String(code)})`);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) return whole("is not a file");
    const buffer = Buffer.alloc(configBytesMax + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count)
      count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (length > configBytesMax) return whole(`is over ${configBytesMax / 1024} KiB`);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length));
    return {
      kind: "text",
      text,
      present: true,
      mode: status.mode & 0o777,
      target: realpathSync(path),
    };
  } catch (error) {
    if (error instanceof TypeError) return whole("is not UTF-8 text");
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

type Issue = z.core.$ZodIssue;

/** One issue of zod as problems in our words. `base` is where the issue's own path starts. */
function explain(
  issue: Issue,
  base: readonly PropertyKey[],
  schema: unknown,
  document: ConfigDocument,
): PlacedMessage[] {
  const path = [...base, ...issue.path];
  const found = valueAt(document.value, path);
  const problem = (message: string): PlacedMessage[] => [
    {
      ...(found === undefined ? document.keyPlace(path) : document.valuePlace(path)),
      path,
      message,
    },
  ];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownKey(key, path, schema, document));
  if (issue.code === "custom") return problem(issue.message);
  if (issue.code === "invalid_format" && issue.format === "regex")
    return problem(ownWords(issue, found, path));
  if (issue.code === "invalid_key") return problem("this name is not allowed here");
  if (issue.code === "invalid_union") {
    const branch = nearestBranch(issue.errors, found);
    if (branch !== undefined)
      return branch.flatMap((inner) => explain(inner, path, schema, document));
    const options = "options" in issue && Array.isArray(issue.options) ? issue.options : [];
    if (options.length > 0)
      return problem(`${must(found)} ${alternatives(options)}${shown(found, path)}`);
  }
  return problem(`${must(found)} ${expectation(schemaAt(schema, path))}${shown(found, path)}`);
}

/** A pattern says nothing to its reader, so the schema's author gives the words; without them the pattern is shown. */
function ownWords(
  issue: Extract<Issue, { code: "invalid_format" }>,
  found: unknown,
  path: readonly PropertyKey[],
): string {
  const written = !issue.message.startsWith("Invalid string");
  return (
    (written ? issue.message : `must match ${issue.pattern ?? "a pattern"}`) + shown(found, path)
  );
}

function unknownKey(
  key: string,
  path: readonly PropertyKey[],
  schema: unknown,
  document: ConfigDocument,
): PlacedMessage {
  const keys = keysAt(schema, path);
  const meant = closest(key, keys);
  const hint =
    meant !== undefined
      ? `did you mean "${meant}"?`
      : keys.length > 0
        ? `known here: ${keys.slice(0, 12).join(", ")}${keys.length > 12 ? ", …" : ""}`
        : "";
  const full = [...path, key];
  return {
    ...document.keyPlace(full),
    path: full,
    message: `is not a known setting${hint === "" ? "" : `; ${hint}`}`,
  };
}

/** For a group, the option of a union with the fewest complaints is the one that was meant. */
function nearestBranch(
  branches: readonly (readonly Issue[])[],
  found: unknown,
): readonly Issue[] | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  return branches
    .filter((issues) =>
      issues.every(({ code, path }) => path.length > 0 || code === "unrecognized_keys"),
    )
    .toSorted((left, right) => left.length - right.length)[0];
}

function must(found: unknown): string {
  return found === undefined ? "is missing: must be" : "must be";
}

/** What stands there, unless it is long or its name says that it may be a secret. */
function shown(found: unknown, path: readonly PropertyKey[]): string {
  if (found === undefined) return "";
  if (found === null) return ", found nothing";
  if (Array.isArray(found))
    return found.length === 0 ? ", found an empty list" : `, found a list of ${found.length}`;
  if (typeof found === "object") return ", found a group of settings";
  if (/token|secret|password|passphrase|key|credential/i.test(path.map(String).join(".")))
    return "";
  if (typeof found === "string" && found.length > foundCharsMax)
    return `, found text of ${found.length} characters`;
  return `, found ${JSON.stringify(found)}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = Reflect.get(inner, key);
  }
  return inner;
}

function refused(
  file: string,
  problems: readonly PlacedMessage[],
): { readonly kind: "refused"; readonly problems: readonly ConfigProblem[] } {
  return {
    kind: "refused",
    problems: problems.map(({ path, ...rest }) => ({ file, path: pathText(path), ...rest })),
  };
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) =>
      typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`,
    )
    .join("");
}
