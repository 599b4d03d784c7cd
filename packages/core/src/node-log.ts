import { createLog, type RootLog } from "@adyton/runtime/log";
import { LogFiles } from "./adapters/files/log-files.ts";
import { type NodeConfig, nodeLogName } from "./config.ts";
import type { HomeFiles } from "./home.ts";

const logBytesMax = 8 * 1024 * 1024;
const logFilesMax = 3;

/** The node's own log. */
export function openLog({ log }: HomeFiles): RootLog {
  return createLog({
    target: { kind: "file", path: log, bytesMax: logBytesMax, filesMax: logFilesMax },
  });
}

/** The logs that may be folded: the node's own with the files it was rotated into, and those of the configuration. */
export function registeredLogs({ log }: HomeFiles, { logs }: NodeConfig): LogFiles {
  const rotated = Array.from({ length: logFilesMax - 1 }, (_, at) => `${log}.${at + 1}`);
  const own = { name: nodeLogName, paths: [log, ...rotated] };
  return new LogFiles([own, ...logs.map(({ name, path }) => ({ name, paths: [path] }))]);
}
