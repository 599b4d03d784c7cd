import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes the names in a folder durable. Windows cannot sync a folder and does not need to. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  syncFile(folder);
}

/** Makes a file's content durable. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
