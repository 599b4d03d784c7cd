/** What could be read of a log: its newest part, whole lines. */
export type LogText =
  | {
      readonly kind: "read";
      readonly bytes: Buffer;
      /** Of a file whose tail was read: its first line, which may name the columns of the others. */
      readonly firstLine: string | undefined;
      /** Older lines were left out, because the bound was reached. */
      readonly isTail: boolean;
    }
  | {
      readonly kind: "unreadable";
      readonly reason: "missing" | "not_allowed" | "not_a_file" | "failed";
    };

/** The logs that may be read: the node's own, and those the configuration registers. Nothing else is ever opened. */
export interface LogsPort {
  /** The registered names, without `node`. */
  readonly names: readonly string[];
  /** Reads the newest `bytesMax` bytes; `undefined` for a name that is not registered. */
  read(name: string, bytesMax: number): Promise<LogText | undefined>;
}
