import type { Tier } from "@adyton/protocol";

/** What a part of a prompt is, in the order in which the parts stand. */
export type SegmentKind = "system" | "blocks" | "overlay" | "retrieved" | "history" | "question";

/** Whose words they are: the node's own, the model's, or somebody's of a tier. */
export type SegmentTier = "node" | "model" | Tier;

/**
 * A part of what is sent to a model. A message is its segments, joined by nothing: whoever reads them reads what the
 * model does.
 */
export interface Segment {
  readonly kind: SegmentKind;
  /** As it is sent, with the frame around it. */
  readonly text: string;
  readonly tier: SegmentTier;
  /** Where the words come from: `core`, or the id of what holds them. */
  readonly source: string;
  /** Between which marks the words stand, where they came from outside. */
  readonly fence?: { readonly open: string; readonly close: string };
}

/** A message in its segments. */
export interface SegmentedMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly segments: readonly Segment[];
}

/** The text of a message. */
export function joined(segments: readonly Segment[]): string {
  const [first] = segments;
  // One segment stays the same string, whose tokens are counted already.
  if (first !== undefined && segments.length === 1) return first.text;
  return segments.map(({ text }) => text).join("");
}

/** Whether nobody vouches for the words: they came from outside. */
export function isUntrusted({ tier }: Pick<Segment, "tier">): boolean {
  return tier === "peer" || tier === "external";
}
