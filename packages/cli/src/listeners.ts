import { readdirSync, readFileSync, readlinkSync } from "node:fs";

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
