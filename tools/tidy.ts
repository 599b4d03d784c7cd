// The house rules that no off-the-shelf tool checks. The idea is TigerBeetle's: a unit test that reads the sources.
import * as code from "./tidy/code-rules.ts";
import * as dependency from "./tidy/dependency-rules.ts";
import * as layer from "./tidy/layer-rules.ts";
import * as text from "./tidy/text-rules.ts";
import type { Offence, Rule, Tree } from "./tidy/tree.ts";

export const rules: Readonly<Record<string, Rule>> = {
  ...layer,
  ...dependencyRules(),
  ...code,
  ...text,
};

function dependencyRules(): Record<string, Rule> {
  const { pinnedVersions, recordedDependencies, installer } = dependency;
  return { pinnedVersions, recordedDependencies, installer };
}

/** Every offence against every rule, each with its file and line. */
export function tidy(tree: Tree): Offence[] {
  return Object.entries(rules).flatMap(([rule, find]) =>
    [...find(tree)].map((finding) => ({ rule, ...finding })),
  );
}
