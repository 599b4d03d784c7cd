import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensurePrivateFolder, writeFileAtomic } from "@adyton/runtime/atomic-file";
import { type FolderLock, lockFolder } from "@adyton/runtime/resource-lock";
import { Secret } from "@adyton/runtime/secret";
import { newSecret, secretHash } from "./app/secrets.ts";
import type { NodeConfig } from "./config.ts";
import { builtInModes, Modes } from "./domain/modes/registry.ts";
import { budgetOf, readOwnModes } from "./mode-files.ts";
import { StartError } from "./start-error.ts";

/** The files of the node's own folder. */
export interface HomeFiles {
  readonly config: string;
  /** Modes that the owner defined, a file each. */
  readonly modes: string;
  readonly token: string;
  readonly journal: string;
  readonly head: string;
  readonly key: string;
  /** Keys to which a relay seals what waits for the node. */
  readonly spoolKeys: string;
  readonly index: string;
  readonly log: string;
  readonly run: string;
  readonly socket: string;
  readonly backups: string;
}

/** Where everything lies in a node's folder. */
export function homeFiles(home: string): HomeFiles {
  return {
    config: join(home, "adyton.yaml"),
    modes: join(home, "modes"),
    token: join(home, "token"),
    journal: join(home, "journal.db"),
    head: join(home, "journal.head"),
    key: join(home, "node.key"),
    spoolKeys: join(home, "spool.keys"),
    index: join(home, "index.db"),
    log: join(home, "adyton.log"),
    run: join(home, "run.json"),
    socket: join(home, "adyton.sock"),
    backups: join(home, "backups"),
  };
}

/** Makes the folder ours alone and holds it for this process. Throws `StartError`. */
export async function takeHome(home: string): Promise<FolderLock> {
  // SQLite makes files of its own beside the database: nobody else may read those either.
  process.umask(0o077);
  const folder = await ensurePrivateFolder(home);
  if (folder.kind === "refused") throw new StartError("home_refused", folder.message);
  const outcome = await lockFolder(home);
  if (outcome.kind === "held") throw new StartError("home_locked", outcome.message);
  return outcome.lock;
}

/** Reads the configuration, or the defaults when there is no file. Throws `StartError` with every problem. */
export async function readConfig(file: string): Promise<NodeConfig> {
  const { NodeConfig } = await import("./config.ts");
  if (!existsSync(file)) return NodeConfig.parse({});
  // The YAML parser takes as long as the schema library; without a file it is not needed.
  const { formatConfigProblem, readConfigFile } = await import("@adyton/runtime/config-file");
  const outcome = readConfigFile(file, NodeConfig);
  if (outcome.kind === "ok") return outcome.value;
  const problems = outcome.problems.map(formatConfigProblem);
  throw new StartError("config_refused", `${file} is refused as a whole; nothing was started.`, {
    problems,
  });
}

/** The configuration as written, the modes that hold, and the digest of both. Throws `StartError` as their readers do. */
export async function readSettings(files: Pick<HomeFiles, "config" | "modes">) {
  const written = await readConfig(files.config);
  const modes = await readModes(files.modes, written);
  return { written, modes, configHash: configHash(written, modes) };
}

/** Reads the modes that the owner defined, and adds those of the node. Throws `StartError` with every problem of every file. */
async function readModes(folder: string, config: NodeConfig): Promise<Modes> {
  const { modes, problems } = await readOwnModes(folder, config);
  if (problems.length === 0) return new Modes([...builtInModes(budgetOf(config)), ...modes]);
  const { formatConfigProblem } = await import("@adyton/runtime/config-file");
  throw new StartError("config_refused", `${folder} is refused as a whole; nothing was started.`, {
    problems: problems.map(formatConfigProblem),
  });
}

/** The owner's token: made at the first start. Answers its hash; the secret itself is not kept in memory. */
export async function ownerTokenHash(
  file: string,
): Promise<{ readonly hash: string; readonly made: boolean }> {
  const made = !existsSync(file);
  if (made) await writeFileAtomic(file, `${newSecret()}\n`, { mode: 0o600 });
  let secret: Secret;
  try {
    secret = Secret.fromFile(file);
  } catch (error) {
    throw new StartError(
      "key_refused",
      error instanceof Error ? error.message : `${file} cannot be read`,
      { cause: error },
    );
  }
  return { hash: secretHash(secret.reveal()), made };
}

/** A digest that changes when the configuration does, or a mode of the owner's. It holds file names of keys, never their content. */
export function configHash(config: NodeConfig, { all }: Modes): string {
  const own = all.filter(({ isOwn }) => isOwn);
  const text = JSON.stringify(own.length === 0 ? config : [config, own]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
