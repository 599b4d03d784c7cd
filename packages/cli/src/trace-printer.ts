import type { TraceStep } from "@adyton/protocol";
import type { Style } from "@adyton/runtime/terminal";
import type { Shell } from "./shell.ts";
import { plainLine } from "./terminal-text.ts";
import type { TextKey } from "./texts/translate.ts";

/** Characters of a step's text on its line; the whole of it is in the run's trace. */
const textCharsMax = 160;

/**
 * Writes each step of a run beside the answer, to the standard error: what was done, what came of it, and the words it
 * is about. Colours are for a terminal alone.
 */
export function tracePrinter({ print, t }: Shell): (step: TraceStep) => void {
  return ({ seq, kind, verdict, reason, text, inTokens, outTokens, ms }) => {
    const kindKey: TextKey = `think.kind.${kind}`;
    const verdictKey: TextKey =
      (verdict === "made" ? made[kind] : undefined) ?? `think.verdict.${verdict}`;
    const figures =
      outTokens === 0 ? "" : ` (${t("think.figures", { tokens: inTokens + outTokens, ms })})`;
    const line = `${String(seq).padStart(2)} ${t(kindKey)} ${t(verdictKey)}${figures}`;
    print.note(line, styles[verdict] ?? "cyan");
    // What the run ends with is the answer, which follows.
    const words = kind === "stop" ? "" : (reason ?? text ?? "");
    if (words !== "") print.note(`   ${plainLine(shortened(words))}`);
  };
}

/** Russian says of each kind in its own gender that it is made. */
const made: Readonly<Partial<Record<TraceStep["kind"], TextKey>>> = {
  draft: "think.made.draft",
  reduce: "think.made.reduce",
  revise: "think.made.revise",
};

const styles: Readonly<Partial<Record<TraceStep["verdict"], Style>>> = {
  pass: "green",
  passed: "green",
  supported: "green",
  better: "green",
  majority: "green",
  fail: "red",
  contradicted: "red",
  upstream: "red",
  worse: "yellow",
  not_found: "yellow",
  tie: "yellow",
  undecided: "yellow",
};

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ").trim();
  const characters = Array.from(line);
  return characters.length <= textCharsMax
    ? line
    : `${characters.slice(0, textCharsMax).join("")}…`;
}
