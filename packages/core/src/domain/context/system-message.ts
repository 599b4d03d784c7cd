import type { Tier } from "@adyton/protocol";
import type { Segment } from "./segments.ts";

/** A text its person has pinned. */
export interface PinnedBlock {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly tier: Tier;
}

/** What the mode tells the model, the person's blocks, and the intents of a conversation, oldest first, and whose they are. */
export interface SystemParts {
  readonly modePrompt?: string | undefined;
  readonly blocks: readonly PinnedBlock[];
  readonly overlays: readonly { readonly overlayId: string; readonly text: string }[];
  readonly tier: Tier;
}

/**
 * The system message of a turn: the core prompt first, then the mode's own, the person's blocks, which change
 * rarely, and the intents inserted into the conversation.
 */
export function systemSegments(
  corePrompt: string,
  { modePrompt, blocks, overlays, tier }: SystemParts,
): readonly Segment[] {
  const core: Segment = { kind: "system", text: corePrompt, tier: "node", source: "core" };
  if (overlays.length === 0 && blocks.length === 0 && modePrompt === undefined) return [core];
  const mode: Segment[] =
    modePrompt === undefined
      ? []
      : [{ kind: "system", text: `\n\n${modePrompt}`, tier: "owner", source: "mode" }];
  return [
    core,
    ...mode,
    ...blocks.map(({ id, name, text, tier: said }, index): Segment => {
      const frame = index === 0 ? "\n\nThe person has pinned this:" : "";
      return { kind: "blocks", text: `${frame}\n\n[${name}]\n${text}`, tier: said, source: id };
    }),
    ...overlays.map(({ overlayId, text }, index): Segment => {
      const frame = index === 0 ? "\n\nThe person has asked, for the time being:\n- " : "\n- ";
      return { kind: "overlay", text: frame + text, tier, source: overlayId };
    }),
  ];
}
