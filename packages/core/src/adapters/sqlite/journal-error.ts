/**
 * Why a group was not written. Nothing of it is in the journal then, with one exception: groups that were under way
 * when the writer's thread died may have reached the disk. Their dedupe keys tell when they are sent again.
 */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code:
    | "storage_full"
    | "storage_failed"
    | "too_large"
    | "invalid_record"
    | "tail_cut"
    | "head_invalid"
    | "head_missing"
    | "newer_schema"
    | "not_a_journal"
    | "damaged"
    | "closed";
  constructor(code: JournalError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
