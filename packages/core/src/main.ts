import { existsSync } from "node:fs";
import { Journal } from "./adapters/sqlite/journal.ts";
import { loadNodeKeys, type NodeKeys } from "./adapters/keys/node-keys.ts";
import { type HomeFiles, homeFiles, ownerTokenHash, readSettings, takeHome } from "./home.ts";
import type { NodeOptions, RunningNode } from "./node-options.ts";
import { StartError } from "./start-error.ts";
import { StopDeadline } from "./stop-deadline.ts";

export type { ChatServer } from "./choose-backend.ts";
export type { NodeOptions, RunningNode } from "./node-options.ts";
export type { Notice } from "./notices.ts";
export { StartError } from "./start-error.ts";
export { StopError } from "./stop-deadline.ts";

/**
 * Starts the node: opens everything in order and closes it in reverse, also when the start fails half-way. Throws
 * `StartError` with what is wrong and what to do. Disposing stops accepting, lets turns end for a moment, and
 * returns when everything is on disk; it rejects with `StopError` when the disk hangs for longer than `stopMsMax`.
 *
 * What the journal needs is small. Its thread therefore starts first and opens the file on one processor while this
 * thread loads everything else on another.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const files = homeFiles(options.home);
  await refuseBeforeMaking(options, files);
  const deadline = new StopDeadline(options.stopMsMax);
  await using stack = new AsyncDisposableStack();
  // Held to the process's end when the journal's thread was left behind: it could still write.
  stack.adopt(await takeHome(options.home), async (lock) => {
    if (!deadline.isOver) await lock[Symbol.asyncDispose]();
  });
  const keys = readKeys(options.home);
  const opening = openJournal(files, keys, options.commitDelayMs ?? 0);
  // A failure is reported where the journal is awaited.
  opening.catch(() => undefined);
  const token = await ownerTokenHash(files.token);
  if (token.made) {
    options.onNotice?.({ kind: "first_start", home: options.home, tokenFile: files.token });
  }
  const { openNode } = await import("./open-node.ts");
  const journal = stack.adopt(await opening, (open) =>
    deadline.within("the journal", () => open[Symbol.asyncDispose]()),
  );
  const tokenHash = token.hash;
  const node = stack.use(await openNode({ options, files, keys, journal, tokenHash, deadline }));
  const opened = stack.move();
  return {
    ...node,
    [Symbol.asyncDispose]: async () => {
      await opened.disposeAsync();
      deadline.check();
    },
  };
}

/**
 * Refuses a configuration or an address that cannot be before a new home gets anything. An old one is not asked
 * here, so that its journal opens while the configuration is read.
 */
async function refuseBeforeMaking(options: NodeOptions, files: HomeFiles): Promise<void> {
  const { backend, model } = options;
  const isConfigured = existsSync(files.config) || existsSync(files.modes);
  const isAnythingGiven = isConfigured || backend !== undefined || model !== undefined;
  if (existsSync(files.journal) || !isAnythingGiven) return;
  const { written: config } = await readSettings(files);
  const { chooseBackend } = await import("./choose-backend.ts");
  await chooseBackend({ backend, model, config, discover: async () => [] });
}

async function openJournal(
  files: HomeFiles,
  keys: NodeKeys,
  commitDelayMs: number,
): Promise<Journal> {
  try {
    return await Journal.open({
      file: files.journal,
      headFile: files.head,
      headKey: keys.headKey,
      nodeId: keys.nodeId,
      commitDelayMs,
    });
  } catch (error) {
    throw new StartError(
      "journal_refused",
      error instanceof Error ? error.message : "the journal cannot be opened",
      {
        cause: error,
      },
    );
  }
}

function readKeys(home: string): NodeKeys {
  try {
    return loadNodeKeys(home);
  } catch (error) {
    const message = error instanceof Error ? error.message : "the node's key cannot be read";
    throw new StartError("key_refused", message, { cause: error });
  }
}
