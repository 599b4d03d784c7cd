import { installEngine, InstallError } from "@adyton/core/models";
import { generateModel, type GeneratedModelOptions } from "@adyton/emulators";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const installMsMax = 30_000;

/** The reason to skip what needs the engine of the embedded model; it is installed where that is possible. */
export async function engineMissing(): Promise<string | false> {
  try {
    await installEngine(AbortSignal.timeout(installMsMax));
    return false;
  } catch (error) {
    const isKnown = error instanceof InstallError && error.code !== "failed";
    // Without a registry its client tries for a minute; its own words are many and say less.
    const reason = isKnown ? error.message : "the npm registry did not give it in time";
    return `no engine for model files: ${reason}`;
  }
}

/** Writes a model file; `says` is a line in which no letter comes twice, and is then its every answer. */
export function writeModel(
  folder: string,
  name: string,
  { says, ...options }: GeneratedModelOptions & { readonly says?: string } = {},
): string {
  const file = join(folder, `${name}.gguf`);
  const spoken = says === undefined ? {} : { kind: "rambling" as const, text: says };
  writeFileSync(file, generateModel({ ...spoken, ...options }));
  return file;
}
