import { type FileHandle, open } from "node:fs/promises";
import { ByteReader, HeaderEnd } from "./gguf-reader.ts";
import { fileTypeName, tensorBytes } from "./gguf-types.ts";

/** What the head of a model file says. The format: github.com/ggml-org/ggml, docs/gguf.md. */
export interface ModelFile {
  readonly architecture: string;
  readonly name?: string;
  readonly parameters: number;
  /** `Q4_K_M`, `F16`; a number where this version does not know the name. */
  readonly quantisation: string;
  /** The window it was trained with. */
  readonly contextTokens?: number;
  readonly bytes: number;
}

export type ModelFileOutcome =
  | { readonly kind: "ok"; readonly file: ModelFile }
  | { readonly kind: "refused"; readonly problem: ModelFileProblem };

/** Why a file is no usable model. `text` of `not_gguf` and the counts are the file's own, freed of control characters. */
export type ModelFileProblem =
  | {
      readonly code:
        | "not_gguf"
        | "big_endian"
        | "broken_head"
        | "no_architecture"
        | "too_large_head";
    }
  | { readonly code: "version"; readonly version: number }
  | { readonly code: "truncated"; readonly bytes: number; readonly needed: number }
  | { readonly code: "split"; readonly parts: number };

/** Bytes of metadata: a vocabulary of a million tokens takes some 40 MB. */
const headerBytesMax = 128 * 1024 * 1024;
const entriesMax = 65_536;
const tensorsMax = 262_144;
const dimensionsMax = 8;
const versions = new Set([2, 3]);

/** Reads the head of a model file and whether all its weights are there. Rejects with the system's error alone. */
export async function readModelFile(path: string): Promise<ModelFileOutcome> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  try {
    return await readHead(file, size);
  } catch (error) {
    if (!(error instanceof HeaderEnd)) throw error;
    if (error.reason === "end_of_file")
      return refused({ code: "truncated", bytes: size, needed: size + error.missing });
    return refused({ code: error.reason === "limit" ? "too_large_head" : "broken_head" });
  }
}

const refused = (problem: ModelFileProblem): ModelFileOutcome => ({ kind: "refused", problem });

async function readHead(file: FileHandle, bytes: number): Promise<ModelFileOutcome> {
  const reader = new ByteReader(file, Math.min(bytes, headerBytesMax), bytes > headerBytesMax);
  if (bytes < 4 || (await reader.bytes(4)).toString("latin1") !== "GGUF")
    return refused({ code: "not_gguf" });
  const version = await reader.u32();
  if (version > 0xff_ff) return refused({ code: "big_endian" });
  if (!versions.has(version)) return refused({ code: "version", version });
  const tensorCount = await reader.count(tensorsMax);
  const metadata = await readMetadata(reader, await reader.count(entriesMax));
  const parts = metadata.get("split.count");
  if (typeof parts === "number" && parts > 1) return refused({ code: "split", parts });
  const { parameters, end } = await readTensors(reader, tensorCount);
  const alignment = numberOf(metadata.get("general.alignment")) ?? 32;
  const start = Math.ceil(reader.position / alignment) * alignment;
  if (start + end > bytes) return refused({ code: "truncated", bytes, needed: start + end });
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string" || architecture === "")
    return refused({ code: "no_architecture" });
  const name = metadata.get("general.name");
  const contextTokens = numberOf(metadata.get(`${architecture}.context_length`));
  return {
    kind: "ok",
    file: {
      architecture,
      ...(typeof name === "string" && name !== "" ? { name } : {}),
      parameters,
      quantisation: fileTypeName(numberOf(metadata.get("general.file_type"))),
      ...(contextTokens === undefined ? {} : { contextTokens }),
      bytes,
    },
  };
}

/** Only the few short values that are used are kept; the vocabulary is passed over. */
async function readMetadata(
  reader: ByteReader,
  count: number,
): Promise<ReadonlyMap<string, string | number>> {
  const kept = new Map<string, string | number>();
  for (let index = 0; index < count; index += 1) {
    const key = await reader.text();
    const value = await reader.value(await reader.u32());
    if (value !== undefined) kept.set(key, value);
  }
  return kept;
}

async function readTensors(
  reader: ByteReader,
  count: number,
): Promise<{ readonly parameters: number; readonly end: number }> {
  let parameters = 0;
  let end = 0;
  for (let index = 0; index < count; index += 1) {
    await reader.text();
    const dimensions = await reader.u32();
    if (dimensions > dimensionsMax) throw new HeaderEnd("broken");
    let elements = 1;
    for (let each = 0; each < dimensions; each += 1) elements *= await reader.count(2 ** 40);
    const type = await reader.u32();
    const offset = await reader.count(2 ** 48);
    parameters += elements;
    end = Math.max(end, offset + (tensorBytes(type, elements) ?? 1));
  }
  return { parameters, end };
}

function numberOf(value: string | number | undefined): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}
