import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { clipToColumns } from "@adyton/runtime/terminal";
import { plainLine } from "./terminal-text.ts";
import type { Translate } from "./texts/translate.ts";

const commandColumnsMax = 80;
const portMax = 65_535;

export interface Listener {
  readonly uid: number;
  readonly inode: string;
}

const listening = "0A";

/** Who listens on a TCP port of this machine, from /proc/net (proc_net_tcp(5)); empty where there is no such file. */
export function listenersOn(port: number): Listener[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => parseListeners(read(file), port));
}

/** The listening sockets of a port in the text of /proc/net/tcp. */
export function parseListeners(table: string, port: number): Listener[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , uid = "", , inode = ""] = line.trim().split(/\s+/);
    if (state !== listening || !local.endsWith(`:${wanted}`)) return [];
    return [{ uid: Number(uid), inode }];
  });
}

/** The process that holds a socket and its command line, as far as this user may see it. */
export function processOf(
  inode: string,
): { readonly pid: number; readonly command: string } | undefined {
  const socket = `socket:[${inode}]`;
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name)))
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      if (linkOf(`/proc/${pid}/fd/${descriptor}`) !== socket) continue;
      const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
      return { pid: Number(pid), command };
    }
  return undefined;
}

/** A port to suggest in place of one that is taken. */
export function otherPort(port: number): number {
  return port >= portMax ? port - 1 : port + 1;
}

/** Who holds a port, in words: the process where it can be seen, else its user; `undefined` when nobody does. */
export function portHolder(port: number, t: Translate): string | undefined {
  const listeners = listenersOn(port);
  const [first] = listeners;
  if (first === undefined) return undefined;
  const holder = listeners.map(({ inode }) => processOf(inode)).find((each) => each !== undefined);
  if (holder === undefined) return t("doctor.port_uid", { uid: first.uid });
  const command = clipToColumns(plainLine(holder.command), commandColumnsMax);
  return t("doctor.port_process", { pid: holder.pid, command });
}

// A file of /proc may vanish or be somebody else's at any moment; what cannot be seen counts as absent.

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
