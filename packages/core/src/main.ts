import { Journal } from "./adapters/sqlite/journal.ts";
import { loadNodeKeys, type NodeKeys } from "./adapters/keys/node-keys.ts";
import { type HomeFiles, homeFiles, ownerTokenHash, takeHome } from "./home.ts";
import type { NodeOptions, RunningNode } from "./node-options.ts";
import { StartError } from "./start-error.ts";

export type { ChatServer } from "./choose-backend.ts";
export type { NodeOptions, RunningNode } from "./node-options.ts";
export type { Notice } from "./notices.ts";
export { StartError } from "./start-error.ts";

/**
 * Starts the node: opens everything in order and closes it in reverse, also when the start fails half-way. Throws
 * `StartError` with what is wrong and what to do. Disposing stops accepting, lets turns end for a moment, and
 * returns when everything is on disk.
 *
 * What the journal needs is small. Its thread therefore starts first and opens the file on one processor while this
 * thread loads everything else on another.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const files = homeFiles(options.home);
  await using stack = new AsyncDisposableStack();
  stack.use(await takeHome(options.home));
  const keys = readKeys(options.home);
  const opening = openJournal(files, keys, options.commitDelayMs ?? 0);
  // A failure is reported where the journal is awaited.
  opening.catch(() => undefined);
  const token = await ownerTokenHash(files.token);
  if (token.made) {
    options.onNotice?.({ kind: "first_start", home: options.home, tokenFile: files.token });
  }
  const { openNode } = await import("./open-node.ts");
  const journal = stack.use(await opening);
  const node = stack.use(await openNode({ options, files, keys, journal, tokenHash: token.hash }));
  const opened = stack.move();
  return { ...node, [Symbol.asyncDispose]: () => opened.disposeAsync() };
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
