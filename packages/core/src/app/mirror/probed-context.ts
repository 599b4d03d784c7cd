import { createHash } from "node:crypto";
import { joined } from "../../domain/context/segments.ts";
import type { Draw } from "../../domain/mirror/probes/probe.ts";
import type { ModeSpec } from "../../domain/modes/mode-spec.ts";
import type { AskMessage } from "../../domain/recursia/asking.ts";
import type { Backend } from "../../ports/backend.ts";
import type { Execution } from "../conversation-commands.ts";
import { contextNow } from "../turn-context.ts";
import type { SnapshotOptions, SnapshotPlace } from "./context-snapshot.ts";

type Known = Pick<SnapshotOptions, "conversations" | "turns">;

/** The mode that holds for the conversation's next turn. */
export function modeOf(
  { conversations, turns }: Known,
  { key, tier }: Pick<SnapshotPlace, "key" | "tier">,
): ModeSpec {
  return conversations.mode(key).mode ?? turns.nodeMode.defaultFor(tier);
}

/** The conversation that a check was asked for in, as its next turn would see it. */
export function placeOf(known: Known, { key, principal }: Execution): SnapshotPlace {
  const { tier, person } = principal;
  return { key, tier, person, modePrompt: modeOf(known, { key, tier }).prompt };
}

/** What a server would be sent with a question put to the conversation now, the question last. */
export type ContextWith = (backend: Backend, question: string) => readonly AskMessage[];

export function contextOf(options: SnapshotOptions, place: SnapshotPlace): ContextWith {
  return (backend, question) =>
    contextNow(options, backend, { ...place, question }).messages.map(({ role, segments }) => ({
      // What a tool said is text to a probe.
      role: role === "tool" ? "user" : role,
      content: joined(segments),
    }));
}

/**
 * Draws numbers for the probes of a conversation. Its key is a keyed digest, so no model can foresee them; and a state
 * that stands still is asked about the same ones, so what is measured of it does not depend on the draw.
 */
export function drawFor(
  { conversations }: Pick<SnapshotOptions, "conversations">,
  { key }: SnapshotPlace,
): Draw {
  const seed = `${key} ${conversations.turns(key)}`;
  let drawn = 0;
  return (below) => {
    drawn += 1;
    const digest = createHash("sha256").update(`${seed} ${drawn}`).digest();
    return digest.readUIntBE(0, 6) % below;
  };
}
