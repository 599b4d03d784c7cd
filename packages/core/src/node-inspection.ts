import { readdir, stat } from "node:fs/promises";
import type { Health } from "@adyton/protocol";
import type { Embedding } from "./app/embedding.ts";
import { secretHash } from "./app/secrets.ts";
import type { SearchClient } from "./domain/search/search-contract.ts";
import { type HomeFiles, readSettings } from "./home.ts";
import type { DeliveriesPort } from "./ports/channel.ts";
import type { StatePort } from "./ports/journal.ts";
import type { NodeInspection } from "./ports/node-inspection.ts";

/** Bytes of a journal that is looked through in the time a self-check has, a second, also on a slow disk. */
export const quickCheckBytesMax = 128 * 1024 * 1024;

const channels = ["telegram"] as const;
/** A reply that is owed for so long has outlived every retry. */
const deadAfterMs = 15 * 60_000;

export interface InspectedNode {
  readonly files: Pick<HomeFiles, "journal" | "backups" | "config" | "modes">;
  readonly journal: { readonly refused: number };
  readonly state: Pick<StatePort, "tokens"> & DeliveriesPort;
  readonly doors: () => Health["parts"];
  readonly search: Pick<SearchClient, "census">;
  readonly embedding: Pick<Embedding, "leftOut">;
  readonly hasEmbedder: () => boolean;
  readonly ownerTokenHash: string;
  /** Whether a word is a key or a token that the node was given or made. */
  readonly isKey: (word: string) => boolean;
}

/** Looks at a node's files and threads. */
export function inspectionOf(node: InspectedNode): NodeInspection {
  const { files, journal, state, search, embedding } = node;
  return {
    get refused() {
      return journal.refused;
    },
    async quickCheck() {
      const { size } = await stat(files.journal);
      if (size > quickCheckBytesMax) return "unfinished";
      const { runQuickCheck } = await import("./adapters/sqlite/maintenance-thread.ts");
      return runQuickCheck(files.journal);
    },
    async census() {
      const { vectors, ...rows } = await search.census();
      const leftOut = node.hasEmbedder() ? embedding.leftOut : undefined;
      return { ...rows, vectors: leftOut === undefined ? null : vectors + leftOut };
    },
    newestBackupMs: () => newestBackupMs(files.backups),
    async configFileHash() {
      try {
        return (await readSettings(files)).configHash;
      } catch {
        // Whatever is wrong with it, `adyton doctor` says what.
        return "invalid";
      }
    },
    deadLetters: (nowMs) =>
      channels
        .flatMap((channel) => state.deliveries(channel))
        .filter(({ time }) => nowMs - time >= deadAfterMs).length,
    closedDoors: () =>
      node
        .doors()
        .filter(({ status }) => status !== "ok")
        .map(({ name }) => name),
    isOwnSecret(word) {
      const hash = secretHash(word);
      if (hash === node.ownerTokenHash) return true;
      if (node.isKey(word)) return true;
      return state.tokens().some((token) => token.hash === hash);
    },
  };
}

/** Backups lie in folders that are named by their time, with dashes where it has colons and a dot. */
async function newestBackupMs(folder: string): Promise<number | undefined> {
  const names = await readdir(folder).catch(() => []);
  const times = names.flatMap((name) => {
    const [, day, hour, minute, second, ms] =
      /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z$/u.exec(name) ?? [];
    const timeMs = Date.parse(`${day}T${hour}:${minute}:${second}.${ms}Z`);
    return Number.isNaN(timeMs) ? [] : [timeMs];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}
