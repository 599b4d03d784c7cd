import { ExportLine, type ImportRequest, problem } from "@adyton/protocol";
import { chainedHash } from "@adyton/runtime/line-chain";
import { ProblemError } from "../domain/problem-error.ts";

/** The lines of one part. Throws `ProblemError` `invalid_body` with the number of the first that does not belong there. */
export function checkedLines(
  lines: ImportRequest["lines"],
  after: ImportRequest["after"],
): readonly ExportLine[] {
  let { line, hash } = after ?? { line: 0, hash: "" };
  return lines.map((raw, index) => {
    line += 1;
    const parsed = ExportLine.safeParse(raw);
    if (!parsed.success) throw refusal({ line, index, why: "it is no line that can be read" });
    const { item } = parsed.data;
    // Hashed as it came, before defaults were filled in.
    hash = chainedHash(hash, rawItem(raw));
    if (parsed.data.line !== line || parsed.data.hash !== hash)
      throw refusal({ line, index, why: "it was changed, left out, or put elsewhere" });
    if ((item.kind === "header") !== (line === 1))
      throw refusal({ line, index, why: "the header, and nothing else, comes first" });
    if (item.kind === "manifest" && (index !== lines.length - 1 || item.lines !== line - 1))
      throw refusal({ line, index, why: "the manifest comes last" });
    return parsed.data;
  });
}

function refusal({ line, index, why }: { line: number; index: number; why: string }): ProblemError {
  return new ProblemError(
    problem("invalid_body", {
      detail: `Line ${line}: ${why}. Nothing of this part was taken.`,
      errors: [{ path: `/lines/${index}`, message: `line ${line}: ${why}` }],
    }),
  );
}

function rawItem(raw: unknown): unknown {
  return typeof raw === "object" && raw !== null && "item" in raw ? raw.item : undefined;
}
