import { isCollection, isMap, isScalar } from "yaml";
import type { Document, YAMLMap } from "yaml";

export type EditOutcome =
  | { readonly kind: "set" }
  /** The part of the path that holds a plain value. */
  | { readonly kind: "refused"; readonly path: readonly (string | number)[] };

/** Sets one value in a parsed document, in place, with the comments around it kept. */
export function setDocumentValue(
  document: Document,
  path: readonly (string | number)[],
  value: unknown,
): EditOutcome {
  if (path.length === 0) return { kind: "refused", path };
  for (let length = 0; length < path.length; length += 1) {
    const prefix = path.slice(0, length);
    const node: unknown = length === 0 ? document.contents : document.getIn(prefix, true);
    if (node === undefined || node === null || isCollection(node)) continue;
    if (!isScalar(node) || node.value !== null) return { kind: "refused", path: prefix };
    // A key with nothing after its colon is an empty group; its comment moves along.
    const group = document.createNode({}) as YAMLMap;
    group.commentBefore = node.comment ?? null;
    if (length === 0) document.contents = group;
    else document.setIn(prefix, group);
  }
  // An empty group written as `{}` would keep its braces around the new line.
  const parent: unknown =
    path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent) && parent.items.length === 0) parent.flow = false;
  document.setIn(path, value);
  return { kind: "set" };
}
