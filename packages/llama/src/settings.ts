import type { ModelOptions } from "./model.ts";
import { threadsFor } from "./threads.ts";

export interface Settings extends ModelOptions {
  /** Where it serves; without one it only looks whether the file can be loaded. */
  readonly socket: string | undefined;
}

const slotsMax = 2;

/** The settings that core hands over as JSON. Throws for what is none: that would be a mistake of ours. */
export function readSettings(text: string): Settings {
  const fields: unknown = JSON.parse(text);
  if (typeof fields !== "object" || fields === null)
    throw new TypeError("settings must be an object");
  const { file, name, socket, gpu, threads, slots, contextTokens } = { ...fields } as Readonly<
    Record<string, unknown>
  >;
  if (typeof file !== "string" || typeof name !== "string")
    throw new TypeError("settings must name a file");
  return {
    file,
    name,
    socket: typeof socket === "string" ? socket : undefined,
    gpu: gpu === "auto" ? "auto" : "off",
    threads: threadsFor(countOf(threads)),
    slots: Math.min(slotsMax, countOf(slots) ?? 1),
    contextTokens: countOf(contextTokens),
  };
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
