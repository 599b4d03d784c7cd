import { openForReading } from "./database.ts";

/** Whether a database is whole, as far as its pages and rows tell (`PRAGMA quick_check`). */
export function isSound(file: string): boolean {
  try {
    const database = openForReading(file);
    try {
      return database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"] === "ok";
    } finally {
      database.close();
    }
  } catch {
    // What cannot be read as a database is not whole.
    return false;
  }
}
