import type { Tier } from "@adyton/protocol";
import type { Segment } from "./segments.ts";

/** The intents of a conversation, oldest first, and whose they are. */
export interface ShownOverlays {
  readonly overlays: readonly { readonly overlayId: string; readonly text: string }[];
  readonly tier: Tier;
}

/** The system message of a turn: the core prompt first, then the intents inserted into the conversation. */
export function systemSegments(
  corePrompt: string,
  { overlays, tier }: ShownOverlays,
): readonly Segment[] {
  const core: Segment = { kind: "system", text: corePrompt, tier: "node", source: "core" };
  if (overlays.length === 0) return [core];
  return [
    core,
    ...overlays.map(({ overlayId, text }, index): Segment => {
      const frame = index === 0 ? "\n\nThe person has asked, for the time being:\n- " : "\n- ";
      return { kind: "overlay", text: frame + text, tier, source: overlayId };
    }),
  ];
}
