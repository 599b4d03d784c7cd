import type { Facts, NodeEventType } from "../../domain/journal/record.ts";

/** What a projection may depend on: the chained header alone, so that replay rebuilds it after every erasure. */
export interface ProjectedRecord {
  readonly seq: number;
  readonly time: number;
  readonly owner: string;
  readonly actor: string;
  readonly tier: string;
  readonly conversation: string | null;
  readonly cause: number | null;
}

/** What each of the node's own records does to the state. */
export type Project = {
  readonly [T in NodeEventType]?: (record: ProjectedRecord, facts: Facts<T>) => void;
};

/** Executes a statement with its values. */
export type RunStatement = (sql: string, ...values: (string | number | null)[]) => void;
