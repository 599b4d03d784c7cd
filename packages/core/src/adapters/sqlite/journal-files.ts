import * as z from "zod";

/** Where a journal lies, and whose it is. A schema, because threads hand it to each other. */
export const JournalFiles = z.object({
  file: z.string(),
  headFile: z.string(),
  /** Makes the chain, the head and the seals. */
  headKey: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  nodeId: z.string(),
});
export type JournalFiles = Readonly<z.infer<typeof JournalFiles>>;

/** A journal with the node's key file, which a backup takes along so that it can be used on another machine. */
export const BackupFiles = JournalFiles.extend({ keyFile: z.string() });
export type BackupFiles = Readonly<z.infer<typeof BackupFiles>>;
