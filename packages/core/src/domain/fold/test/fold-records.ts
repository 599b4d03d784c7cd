import { createHash } from "node:crypto";
import { type FoldedCluster, Folder, type RememberedCluster } from "../fold.ts";
import type { LogRecord } from "../log-record.ts";

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
export const record = (message: string, more: Partial<LogRecord> = {}): LogRecord => ({
  line: 1,
  timeMs: undefined,
  level: "error",
  unit: "",
  message,
  stack: [],
  ...more,
});

export function fold(
  records: readonly LogRecord[],
  remembered: readonly RememberedCluster[] = [],
): FoldedCluster[] {
  const folder = new Folder(digest, remembered);
  for (const each of records) folder.add(each);
  return folder.finish();
}
