import { readFileSync } from "node:fs";

const pageBytes = 4_096;

/** MiB of memory that a process holds; zero where that cannot be told: other systems than Linux have no such file. */
export function residentMibOf(pid: number | undefined): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
    return (pages * pageBytes) / 1024 ** 2;
  } catch {
    return 0;
  }
}
