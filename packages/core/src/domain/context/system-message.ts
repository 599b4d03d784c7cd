import type { Tier } from "@adyton/protocol";
import type { Segment } from "./segments.ts";

/** What the mode tells the model, and the intents of a conversation, oldest first, and whose they are. */
export interface ShownOverlays {
  readonly modePrompt?: string | undefined;
  readonly overlays: readonly { readonly overlayId: string; readonly text: string }[];
  readonly tier: Tier;
}

/** The system message of a turn: the core prompt first, then the mode's own, then the intents inserted into the conversation. */
export function systemSegments(
  corePrompt: string,
  { modePrompt, overlays, tier }: ShownOverlays,
): readonly Segment[] {
  const core: Segment = { kind: "system", text: corePrompt, tier: "node", source: "core" };
  if (overlays.length === 0 && modePrompt === undefined) return [core];
  const mode: Segment[] =
    modePrompt === undefined
      ? []
      : [{ kind: "system", text: `\n\n${modePrompt}`, tier: "owner", source: "mode" }];
  return [
    core,
    ...mode,
    ...overlays.map(({ overlayId, text }, index): Segment => {
      const frame = index === 0 ? "\n\nThe person has asked, for the time being:\n- " : "\n- ";
      return { kind: "overlay", text: frame + text, tier, source: overlayId };
    }),
  ];
}
