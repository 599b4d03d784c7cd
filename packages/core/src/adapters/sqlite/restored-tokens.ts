import { existsSync } from "node:fs";
import { openForReading } from "./database.ts";
import { StateReader, type TokenRow } from "./state-reader.ts";

/** What became of a node's tokens when an older journal took the place of a newer one. */
export interface TokenChanges {
  /** Valid in the older journal and revoked since: revoked again. */
  readonly revokedAgain: readonly string[];
  /** Made since and not known any more: their holders need new ones. */
  readonly lost: readonly string[];
}

/** The tokens of a journal; `undefined` when there is none or its file cannot be read. */
export function readTokens(file: string): readonly TokenRow[] | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const database = openForReading(file);
    try {
      return new StateReader(database).tokens();
    } finally {
      database.close();
    }
  } catch {
    // A journal is restored because its file is damaged, too: then there is nobody to ask, and the report says so.
    return undefined;
  }
}

/** Tokens are told apart by their hash: a name that is not known any more can be given again. */
export function tokenChanges(
  former: readonly TokenRow[],
  restored: readonly TokenRow[],
): TokenChanges {
  const byHash = new Map(restored.map((token) => [token.hash, token]));
  const revoked = former.filter((token) => token.revoked !== null);
  const valid = former.filter((token) => token.revoked === null);
  return {
    revokedAgain: revoked.flatMap(({ hash }) => {
      const token = byHash.get(hash);
      return token?.revoked === null ? [token.name] : [];
    }),
    lost: valid.flatMap(({ hash, name }) => (byHash.has(hash) ? [] : [name])),
  };
}
