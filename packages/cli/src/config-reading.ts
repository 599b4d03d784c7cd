import { join } from "node:path";
import { NodeConfig } from "@adyton/core/config";
import { type OwnModes, readOwnModes } from "@adyton/core/mode-files";
import { readConfigFile, type ConfigOutcome } from "@adyton/runtime/config-file";

/** adyton.yaml of a node's folder, by the schema the node itself starts with. */
export function readNodeConfig(home: string): {
  readonly file: string;
  readonly outcome: ConfigOutcome<NodeConfig>;
} {
  const file = join(home, "adyton.yaml");
  return { file, outcome: readConfigFile(file, NodeConfig) };
}

/** The modes of the owner's own, by the checks the node itself starts with; their defaults are those of `config`. */
export function readModes(home: string, config = NodeConfig.parse({})): Promise<OwnModes> {
  return readOwnModes(join(home, "modes"), config);
}
