import { join } from "node:path";
import { Secret, SecretError } from "@adyton/runtime/secret";
import { machineIdentity } from "./adapters/host/machine-identity.ts";
import { ExitCheck } from "./app/channels/exit-check.ts";
import type { Counters } from "./app/metrics.ts";
import type { NodeConfig } from "./config.ts";
import type { OwnIdentity } from "./domain/exit-filter/own-identity.ts";

const programFolder = join(import.meta.dirname, "../../..");

interface OwnFiles {
  readonly home: string;
  readonly token: string;
  readonly key: string;
}

/** The exit filter of a node. It begins to read what it needs, beside everything else. */
export function openExitCheck(
  config: NodeConfig,
  {
    files,
    language,
    redacted,
  }: {
    readonly files: OwnFiles;
    readonly language: "en" | "ru";
    readonly redacted: Counters;
  },
): ExitCheck {
  const identity = () => nodeIdentity(config, files);
  return new ExitCheck({
    identity,
    rules: config.exit,
    language,
    removed: redacted,
    nowMs: () => performance.now(),
  });
}

/** What tells where a node runs: the machine, and what its configuration names, with the keys themselves. */
async function nodeIdentity(config: NodeConfig, files: OwnFiles): Promise<OwnIdentity> {
  const { backends, workers, relay, telegram, logs } = config;
  const machine = await machineIdentity();
  const keyFiles = [
    ...backends.map(({ api_key_file }) => api_key_file),
    workers?.key_file,
    workers?.password_file,
    telegram?.token_file,
  ].filter((file) => file !== undefined);
  const hosts = [
    ...backends.map(({ url }) => url),
    workers?.redis,
    relay === undefined ? undefined : `tcp://${relay.address}`,
  ].flatMap(hostOf);
  return {
    ...machine,
    addresses: [...machine.addresses, ...hosts],
    hosts: [...machine.hosts, ...hosts.filter((host) => /[a-z]/iu.test(host))],
    paths: [
      ...machine.paths,
      programFolder,
      files.home,
      ...keyFiles,
      ...logs.map(({ path }) => path),
    ],
    secrets: [files.token, files.key, ...keyFiles].flatMap(secretIn),
  };
}

/** The host of an address, without brackets; none where it names a model of the node's own. */
function hostOf(url: string | undefined): readonly string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { hostname } = new URL(url);
  return hostname === "" ? [] : [hostname.replaceAll(/^\[|\]$/gu, "")];
}

/** A file that cannot be read now has no secret that could leave. */
function secretIn(file: string): readonly string[] {
  try {
    return [Secret.fromFile(file).reveal()];
  } catch (error) {
    if (error instanceof SecretError) return [];
    throw error;
  }
}
