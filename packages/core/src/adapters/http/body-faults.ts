import type { Problem } from "@adyton/protocol";
import type * as z from "zod";
import { bodyFaultsMax } from "./edge-limits.ts";
import { pointerStep } from "./json-text.ts";
import { type Refusal, refused } from "./refusal.ts";

type Fault = NonNullable<Problem["errors"]>[number];
type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

const keyCharsMax = 40;

/** A body as its schema parses it, or all that is wrong with it. */
export function fitBody(
  schema: z.ZodType,
  value: unknown,
): Refusal | { readonly kind: "fits"; readonly value: unknown } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "fits", value: parsed.data };
  return refused("invalid_body", { errors: bodyFaults(parsed.error) });
}

/**
 * The faults of a body as a client can use them: a JSON pointer and a sentence each, at most `bodyFaultsMax`. No
 * sentence shows a value, and a key that looks like a secret is not shown either: answers end up in logs.
 */
function bodyFaults(error: z.core.$ZodError): Fault[] {
  const faults: Fault[] = [];
  for (const issue of error.issues) {
    collect(issue, [], faults);
    if (faults.length >= bodyFaultsMax) break;
  }
  return faults.slice(0, bodyFaultsMax);
}

function collect(issue: Issue, parent: Path, faults: Fault[]): void {
  const path = [...parent, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys.slice(0, bodyFaultsMax))
      faults.push({ path: pointer([...path, key]), message: "this key is unknown" });
    return;
  }
  const branch = issue.code === "invalid_union" ? nearest(issue.errors) : undefined;
  if (branch === undefined) {
    faults.push({ path: pointer(path), message: issue.message });
    return;
  }
  for (const inner of branch.slice(0, bodyFaultsMax)) collect(inner, path, faults);
}

/** The alternative that was most likely meant: the one in which parsing got deepest. */
function nearest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]) => {
    if (issues.some((issue) => issue.path.length === 0 && issue.code === "invalid_type")) return -1;
    return issues.reduce((most, issue) => Math.max(most, issue.path.length), 0);
  };
  let best: readonly Issue[] | undefined;
  for (const issues of branches)
    if (issues.length > 0 && (best === undefined || depth(issues) > depth(best))) best = issues;
  return best !== undefined && depth(best) > -1 ? best : undefined;
}

function pointer(path: Path): string {
  return path.map((key) => pointerStep(shown(String(key)))).join("");
}

/** A word is shown as it is. Long keys, and long ones mixed from letters and digits, could be secrets. */
function shown(key: string): string {
  if (key.length > keyCharsMax || !key.isWellFormed() || /[\p{C}]/u.test(key)) return "…";
  return key.length >= 16 && /\d/.test(key) && /[A-Za-z]/.test(key) ? "…" : key;
}
