import { createReadStream } from "node:fs";
import { link, mkdir, open, readdir, realpath, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import { CodedError } from "@adyton/runtime/coded-error";
import { modelNamePattern } from "../../domain/model/model-name.ts";
import { type ModelFile, readModelFile } from "./gguf-header.ts";

/** The models of a node: files NAME.gguf in a folder of its home, nothing else. */

const ending = ".gguf";
/** Models of one node that are listed. */
const modelsMax = 256;
/** What a copy leaves free on the disk: the journal lies there too. */
const freeBytesMin = 256 * 1024 * 1024;
const copyBytes = 4 * 1024 * 1024;

/** `space`: the message has both numbers in bytes. */
export class ModelFolderError extends CodedError<"taken" | "space" | "unreadable" | "unwritable"> {
  readonly bytes: { readonly needed: number; readonly free: number } | undefined;

  constructor(
    code: ModelFolderError["code"],
    message: string,
    options: ErrorOptions & { readonly bytes?: ModelFolderError["bytes"] } = {},
  ) {
    super(code, message, options);
    this.bytes = options.bytes;
  }
}

export interface StoredModel {
  readonly name: string;
  readonly addedMs: number;
  /** Absent for a file that is no usable model any more. */
  readonly file?: ModelFile;
}

const modelsFolder = (home: string): string => join(home, "models");

export const modelPath = (home: string, name: string): string =>
  join(modelsFolder(home), `${name}${ending}`);

/** A model's name from its file's: `Qwen2.5-7B Q4.gguf` is `qwen2.5-7b-q4`. */
export function nameFromFile(path: string): string {
  const name = basename(path)
    .toLowerCase()
    .replace(/\.gguf$/, "")
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, 64);
  return name === "" ? "model" : name;
}

/** Every model of the node with what its file says, the newest first. */
export async function storedModels(home: string): Promise<readonly StoredModel[]> {
  const models: StoredModel[] = [];
  for (const { name, addedMs } of await modelsByAge(home)) {
    // One that is removed just now is passed over by the next list.
    const outcome = await readModelFile(modelPath(home, name)).catch(() => undefined);
    models.push({ name, addedMs, ...(outcome?.kind === "ok" ? { file: outcome.file } : {}) });
  }
  return models;
}

/** The names of the models, the newest first; no file is read. */
export async function modelsByAge(
  home: string,
): Promise<readonly Pick<StoredModel, "name" | "addedMs">[]> {
  const files = await readdir(modelsFolder(home)).catch(() => []);
  const names = files
    .filter((each) => each.endsWith(ending))
    .map((each) => each.slice(0, -ending.length))
    .filter((name) => modelNamePattern.test(name))
    .slice(0, modelsMax);
  const models = await Promise.all(
    names.map(async (name) => {
      // A link to the owner's file keeps that file's times; when it came here is when its inode changed.
      const found = await stat(modelPath(home, name)).catch(() => undefined);
      return found === undefined ? [] : [{ name, addedMs: found.ctimeMs }];
    }),
  );
  return models
    .flat()
    .toSorted((left, right) => right.addedMs - left.addedMs || (left.name < right.name ? -1 : 1));
}

export interface StoreOptions {
  readonly home: string;
  readonly name: string;
  readonly from: string;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts a file among the models: a hard link where both lie on one file system, else a copy, which appears whole or
 * not at all. Rejects with `ModelFolderError`, and with the signal's reason.
 */
export async function storeModel(options: StoreOptions): Promise<"linked" | "copied" | "there"> {
  const { home, name } = options;
  const target = modelPath(home, name);
  try {
    await mkdir(modelsFolder(home), { recursive: true, mode: 0o700 });
    // Through a symbolic link, so that the file itself is linked.
    const source = await realpath(options.from);
    const [mine, theirs] = await Promise.all([stat(target).catch(() => undefined), stat(source)]);
    if (mine !== undefined && mine.ino === theirs.ino && mine.dev === theirs.dev) return "there";
    if (mine !== undefined) throw new ModelFolderError("taken", `there is a model ${name} already`);
    try {
      await link(source, target);
      return "linked";
    } catch {
      // Another file system, or one without links; a copy serves as well.
    }
    await copyModel(source, target, theirs.size, options);
    return "copied";
  } catch (cause) {
    options.signal.throwIfAborted();
    if (cause instanceof ModelFolderError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    throw new ModelFolderError("unwritable", `${target} cannot be written (${code})`, { cause });
  }
}

/** Whether there was such a model. */
export async function removeModel(home: string, name: string): Promise<boolean> {
  const path = modelPath(home, name);
  const found = await stat(path).catch(() => undefined);
  await rm(path, { force: true });
  return found !== undefined;
}

async function copyModel(
  source: string,
  target: string,
  total: number,
  { home, name, onProgress, signal }: StoreOptions,
): Promise<void> {
  const { bavail, bsize } = await statfs(modelsFolder(home));
  const free = bavail * bsize - freeBytesMin;
  if (free < total)
    throw new ModelFolderError("space", "the disk has no room for the model", {
      bytes: { needed: total, free: Math.max(0, free) },
    });
  const temporary = join(modelsFolder(home), `.${name}.${process.pid}.tmp`);
  try {
    {
      await using file = await open(temporary, "wx", 0o600);
      let done = 0;
      for await (const chunk of createReadStream(source, { highWaterMark: copyBytes, signal })) {
        if (!Buffer.isBuffer(chunk)) continue;
        await file.write(chunk);
        done += chunk.length;
        onProgress(done, total);
      }
      await file.sync();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
