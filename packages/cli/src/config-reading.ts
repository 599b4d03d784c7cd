import { join } from "node:path";
import { NodeConfig } from "@adyton/core/config";
import { readConfigFile, type ConfigOutcome } from "@adyton/runtime/config-file";

/** adyton.yaml of a node's folder, by the schema the node itself starts with. */
export function readNodeConfig(home: string): {
  readonly file: string;
  readonly outcome: ConfigOutcome<NodeConfig>;
} {
  const file = join(home, "adyton.yaml");
  return { file, outcome: readConfigFile(file, NodeConfig) };
}
