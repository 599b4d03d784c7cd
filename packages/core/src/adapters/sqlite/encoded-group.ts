import {
  factsByType,
  type NewRecord,
  type NodeEventType,
  type RecordGroup,
} from "../../domain/journal/record.ts";
import { JournalError } from "./journal-error.ts";

/** Bytes of one record's payload as JSON: a document of the largest size the API takes, with what surrounds it. */
export const recordDataBytesMax = 6 * 1024 * 1024;
/** Bytes of one record's facts as JSON. */
export const recordFactsBytesMax = 64 * 1024;
/** Records of one group, which is one transaction. */
export const groupRecordsMax = 1_000;
/** Bytes of one group's payloads and facts. */
const groupBytesMax = 16 * 1024 * 1024;

/** A record on its way into the journal: the payload is text already, so that threads exchange strings. */
export type EncodedRecord = Omit<NewRecord, "facts" | "data" | "origin" | "type"> & {
  readonly facts: string;
  readonly data: string | undefined;
} & (
    | { readonly origin: "node"; readonly type: NodeEventType }
    | { readonly origin: "outside"; readonly type: string }
  );
export type EncodedGroup = Omit<RecordGroup, "records"> & {
  readonly records: readonly EncodedRecord[];
  /** Bytes of payloads and facts. */
  readonly bytes: number;
};

/**
 * Throws `JournalError` "too_large" when a limit of this file is passed, and "invalid_record" for an empty group or for
 * facts that do not fit their schema: those would be chained for ever and stop every replay. Checked here, so that the
 * writer's thread loads no schemas.
 */
export function encodeGroup(group: RecordGroup): EncodedGroup {
  const { records } = group;
  if (records.length === 0) throw new JournalError("invalid_record", "a group has no record");
  if (records.length > groupRecordsMax)
    throw new JournalError("too_large", `a group has over ${groupRecordsMax} records`);
  let bytes = 0;
  const encoded = records.map(({ facts, data, ...record }) => {
    if (record.origin === "node" && !factsByType[record.type].safeParse(facts).success)
      throw new JournalError("invalid_record", `the facts of a ${record.type} do not fit it`);
    const text = {
      facts: JSON.stringify(facts),
      data: data === undefined ? undefined : JSON.stringify(data),
    };
    const factsBytes = Buffer.byteLength(text.facts);
    const dataBytes = text.data === undefined ? 0 : Buffer.byteLength(text.data);
    if (dataBytes > recordDataBytesMax)
      throw new JournalError("too_large", `a payload is over ${recordDataBytesMax} bytes`);
    if (factsBytes > recordFactsBytesMax)
      throw new JournalError("too_large", `a record's facts are over ${recordFactsBytesMax} bytes`);
    bytes += factsBytes + dataBytes;
    return { ...record, ...text };
  });
  if (bytes > groupBytesMax)
    throw new JournalError("too_large", `a group is over ${groupBytesMax} bytes`);
  return { ...group, records: encoded, bytes };
}
