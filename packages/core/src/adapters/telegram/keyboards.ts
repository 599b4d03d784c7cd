import type { Bilingual } from "@adyton/protocol";
import type { Button } from "../../ports/channel.ts";
import { channelWords } from "./channel-words.ts";

// What stands under messages, and what a press of it asks for. Whoever holds the account can send any data at all, so it
// names what is asked for and nothing about who asks: a press is an operation of the presser's own.

type Language = keyof Bilingual;

/** What a press asks for. */
export interface Pressed {
  readonly kind: "stop";
  readonly run: string;
}

/** Stops a run. */
export function stopButton(run: string, language: Language): Button {
  return { text: channelWords.stop[language], data: `stop:${run}` };
}

/** Reads a button's data; `undefined` for what no button of this bot has. */
export function readPressed(data: string): Pressed | undefined {
  const run = /^stop:(run_[\w-]{1,56})$/u.exec(data)?.[1];
  return run === undefined ? undefined : { kind: "stop", run };
}
