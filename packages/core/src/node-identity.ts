import { join } from "node:path";
import { Secret, SecretError } from "@adyton/runtime/secret";
import { machineIdentity } from "./adapters/host/machine-identity.ts";
import { ExitCheck } from "./app/channels/exit-check.ts";
import type { Counters } from "./app/metrics.ts";
import type { NodeConfig } from "./config.ts";
import type { OwnIdentity } from "./domain/exit-filter/own-identity.ts";
import { SecretFilter } from "./domain/exit-filter/secret-filter.ts";

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
    secrets,
  }: {
    readonly files: OwnFiles;
    readonly language: "en" | "ru";
    readonly redacted: Counters;
    /** Learns what the files hold each time they are read. */
    readonly secrets: SecretFilter;
  },
): ExitCheck {
  const identity = () => nodeIdentity(config, files, secrets);
  return new ExitCheck({
    identity,
    known: () => secrets.own,
    rules: config.exit,
    language,
    removed: redacted,
    nowMs: () => performance.now(),
  });
}

/** The filter that no answer passes with one of the node's own keys and tokens, as they are at the start. */
export function openSecretFilter(
  config: NodeConfig,
  { files, language }: { readonly files: Omit<OwnFiles, "home">; readonly language: "en" | "ru" },
): SecretFilter {
  return new SecretFilter(ownSecrets(config, files), language);
}

/** Keys and tokens that the node was given or made, with which it speaks to others and knows its owner. */
function ownSecrets(config: NodeConfig, files: Omit<OwnFiles, "home">): readonly string[] {
  return [files.token, files.key, ...keyFiles(config)].flatMap(secretIn);
}

/** What tells where a node runs: the machine, and what its configuration names, with the keys themselves. */
async function nodeIdentity(
  config: NodeConfig,
  files: OwnFiles,
  secrets: SecretFilter,
): Promise<OwnIdentity> {
  const { backends, workers, telegram, relay, voice, logs } = config;
  const machine = await machineIdentity();
  const hosts = [
    ...backends.map(({ url }) => url),
    workers?.redis,
    telegram?.proxy,
    voice?.url,
    relay === undefined ? undefined : `tcp://${relay.address}`,
  ].flatMap(hostOf);
  for (const secret of ownSecrets(config, files)) secrets.learn(secret);
  return {
    ...machine,
    addresses: [...machine.addresses, ...hosts],
    hosts: [...machine.hosts, ...hosts.filter((host) => /[a-z]/iu.test(host))],
    paths: [
      ...machine.paths,
      programFolder,
      files.home,
      ...keyFiles(config),
      ...logs.map(({ path }) => path),
      ...(voice?.folder === undefined ? [] : [voice.folder]),
    ],
    secrets: secrets.own,
  };
}

const keyFiles = ({ backends, workers, telegram, relay, voice }: NodeConfig): readonly string[] =>
  [
    ...backends.map(({ api_key_file }) => api_key_file),
    workers?.key_file,
    workers?.password_file,
    telegram?.token_file,
    telegram?.proxy_login_file,
    relay?.link_key_file,
    voice?.api_key_file,
  ].filter((file) => file !== undefined);

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
