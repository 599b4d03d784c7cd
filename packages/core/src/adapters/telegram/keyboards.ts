import { createHash } from "node:crypto";
import { type Bilingual, ForgetPreview, ModeState } from "@adyton/protocol";
import type { Button, Buttons } from "../../ports/channel.ts";
import { channelWords } from "./channel-words.ts";

// What stands under messages, and what a press of it asks for. Whoever holds an account of the messenger's can send any data
// at all, so it names what is asked for, and for whom the button was made, but gives no right: a press is an operation of the
// presser's own.

type Language = keyof Bilingual;

/** What a press asks for; `user` is whom the button was made for. */
export type Pressed =
  | { readonly kind: "stop"; readonly run: string }
  | { readonly kind: "mode" | "forget"; readonly user: number; readonly what: string };

/** What the messenger takes as a button's data. */
const dataBytesMax = 64;
const modesPerRow = 2;

/** Stops a run. */
export function stopButton(run: string, language: Language): Button {
  return { text: channelWords.stop[language], data: `stop:${run}` };
}

/** The number of a run's draft, by which the server tells that somebody stopped it. It takes any but 0. */
export function draftIdOf(run: string): number {
  return Math.max(1, createHash("sha256").update(run).digest().readUInt32BE() >>> 1);
}

/** Reads a button's data; `undefined` for what no button of this bot has. */
export function readPressed(data: string): Pressed | undefined {
  const [, run] = /^stop:(run_[\w-]{1,56})$/u.exec(data) ?? [];
  if (run !== undefined) return { kind: "stop", run };
  const [, kind, user, what] = /^(mode|forget):(\d{1,16}):([\w-]{1,64})$/u.exec(data) ?? [];
  if ((kind !== "mode" && kind !== "forget") || what === undefined) return undefined;
  return { kind, user: Number(user), what };
}

/** For whom buttons are made, and which modes that person may use. */
export interface ButtonsFor {
  readonly user: number;
  readonly language: Language;
  readonly modes: () => Promise<readonly string[]>;
}

/** The buttons under what a command said, by its result. */
export async function buttonsUnder(
  command: string,
  data: unknown,
  { user, language, modes }: ButtonsFor,
): Promise<Buttons> {
  if (command === "mode") {
    const state = ModeState.safeParse(data);
    return state.success ? modeButtons(user, await modes(), state.data.mode) : [];
  }
  if (command !== "forget") return [];
  const button = (text: keyof typeof channelWords.forget, what: string): Button => ({
    text: channelWords.forget[text][language],
    data: `forget:${user}:${what}`,
  });
  const preview = ForgetPreview.safeParse(data);
  if (preview.success) return [[button("erase", preview.data.forgetId), button("keep", "no")]];
  const isAsking = typeof data === "object" && data !== null && "choices" in data;
  if (!isAsking) return [];
  return [[button("last", "last"), button("conversation", "conversation")], [button("all", "all")]];
}

/** One for each mode, the present one marked. A name that is too long for a button is switched to by its name alone. */
function modeButtons(user: number, modes: readonly string[], current: string): Buttons {
  const buttons = modes
    .map((mode): Button => ({
      text: mode === current ? `✓ ${mode}` : mode,
      data: `mode:${user}:${mode}`,
    }))
    .filter(({ data }) => Buffer.byteLength(data) <= dataBytesMax);
  return Array.from({ length: Math.ceil(buttons.length / modesPerRow) }, (_, row) =>
    buttons.slice(row * modesPerRow, (row + 1) * modesPerRow),
  );
}
