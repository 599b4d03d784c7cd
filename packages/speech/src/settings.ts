import type { ModelFiles } from "./engine.ts";

export interface Settings {
  readonly tokens: string;
  readonly model: ModelFiles;
  readonly threads: number;
  readonly secondsMax: number;
}

/** The settings that core hands over as JSON. Throws for what is none: that would be a mistake of ours. */
export function readSettings(text: string): Settings {
  const fields: unknown = JSON.parse(text);
  if (!isRecord(fields)) throw new TypeError("settings must be an object");
  const { tokens, model, threads, secondsMax } = fields;
  if (typeof tokens !== "string" || !isModel(model))
    throw new TypeError("settings must name the files of a model");
  if (typeof threads !== "number" || typeof secondsMax !== "number")
    throw new TypeError("settings must have limits");
  return { tokens, model, threads, secondsMax };
}

function isModel(value: unknown): value is ModelFiles {
  return isRecord(value) && Object.values(value).every(isFiles);
}

const isFiles = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((file) => typeof file === "string");

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
