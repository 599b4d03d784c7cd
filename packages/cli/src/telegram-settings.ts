import { join, resolve } from "node:path";
import { NodeConfig } from "@adyton/core/config";
import { proxyOf, relayOf } from "@adyton/core/telegram-setup";
import { ensurePrivateFolder, writeFileAtomic } from "@adyton/runtime/atomic-file";
import { formatConfigProblem, setConfigValue } from "@adyton/runtime/config-file";
import type { Secret } from "@adyton/runtime/secret";
import { readNodeConfig } from "./config-reading.ts";
import { Failure } from "./failure.ts";
import type { Shell } from "./shell.ts";
import { plainLine } from "./terminal-text.ts";

/** What the configuration says of the bot, and the server that is meant. */
export interface BotSettings {
  readonly file: string;
  readonly present: NodeConfig["telegram"];
  readonly server: {
    readonly apiRoot: string;
    readonly relay: ReturnType<typeof relayOf>;
    readonly proxy: ReturnType<typeof proxyOf>;
  };
  /** What the configuration gets to say of the way. */
  readonly way: WaySettings;
  readonly host: string;
  /** Where one chats with an emulated bot; a real one has its link. */
  readonly page: string | undefined;
}

/** What was given on the command line. */
export interface GivenSettings {
  readonly apiRoot: string | undefined;
  readonly proxy: string | undefined;
  readonly proxyLoginFile: string | undefined;
}

type WaySettings = Pick<NonNullable<NodeConfig["telegram"]>, "via" | "proxy" | "proxy_login_file">;

/**
 * Reads the configuration. The server is Telegram's own unless `apiRoot` names another. Throws `Failure` for a file
 * with mistakes, which nothing may be written into, and for an address that cannot be one.
 */
export function readBotSettings(shell: Shell, given: GivenSettings): BotSettings {
  const { home, t } = shell;
  const { file, config } = readSound(shell);
  const { telegram, relay } = config;
  if (telegram?.via === "bot")
    throw new Failure("failed", {
      title: t("telegram.relay_runs_bot"),
      advice: t("telegram.relay_has_token"),
    });
  const way = wayOf(telegram, given);
  const bot = { token_file: join(home, "-"), api_root: given.apiRoot, ...way };
  const plain = NodeConfig.safeParse({ telegram: bot, relay });
  const meant = plain.data?.telegram;
  if (meant === undefined) throw refusedAddress(shell, given, plain.error?.issues);
  const { host, hostname } = new URL(meant.api_root);
  const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return {
    file,
    present: telegram,
    server: {
      apiRoot: meant.api_root,
      relay: meant.via === "blind" ? relayOf(relay) : undefined,
      proxy: proxyOf(meant),
    },
    way,
    host,
    page: isLocal ? `${meant.api_root}/` : undefined,
  };
}

/** A proxy that is given takes the place of whatever way there was. */
function wayOf(
  present: NodeConfig["telegram"],
  { proxy, proxyLoginFile }: GivenSettings,
): WaySettings {
  const { via = "direct", proxy: known, proxy_login_file: knownLogin } = present ?? {};
  const address = proxy ?? known;
  const login = proxyLoginFile === undefined ? knownLogin : resolve(proxyLoginFile);
  if (proxy === undefined && via !== "proxy") return { via };
  return {
    via: "proxy",
    ...(address === undefined ? {} : { proxy: address }),
    ...(login === undefined ? {} : { proxy_login_file: login }),
  };
}

function refusedAddress(
  { t }: Shell,
  { apiRoot }: GivenSettings,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] = [],
): Failure {
  const problem = issues[0]?.message ?? "";
  // What was given as a proxy's address may hold a password, and is not repeated.
  if (issues[0]?.path[1] === "proxy")
    return new Failure("usage", { title: t("telegram.bad_proxy", { problem }) });
  const found = plainLine(apiRoot ?? "");
  return new Failure("usage", { title: t("telegram.bad_root", { found, problem }) });
}

/**
 * Keeps the token, unless it has a file already, and writes the bot into the configuration. Who may speak is kept as
 * long as the server is the same: on another one the same numbers are other people. Returns the token's file, and who else owns the
 * node as before.
 */
export async function saveBotSettings(
  shell: Shell,
  { file, present, server: { apiRoot }, way }: BotSettings,
  bot: { readonly token: Secret; readonly file: string | undefined; readonly owner: number },
): Promise<{ readonly tokenFile: string; readonly others: readonly number[] }> {
  const { home, t } = shell;
  const tokenFile = bot.file ?? join(home, "telegram.token");
  const isSameServer = present?.api_root === apiRoot;
  const before = isSameServer ? present.owners : [];
  const owners = new Set([...before, bot.owner]);
  const { via, ...proxy } = way;
  const group = { token_file: tokenFile, owners: [...owners], api_root: apiRoot, ...proxy, via };
  const nobody = isSameServer ? {} : { allowed_user_ids: [], groups: [] };
  const folder = await ensurePrivateFolder(home);
  if (folder.kind === "refused") throw new Failure("failed", { title: folder.message });
  try {
    if (bot.file === undefined)
      await writeFileAtomic(tokenFile, `${bot.token.reveal()}\n`, { mode: 0o600 });
    const { telegram: defaults } = NodeConfig.parse({ telegram: { token_file: tokenFile } });
    for (const [key, value] of Object.entries({ ...group, ...nobody })) {
      // Defaults are not written into a file that does not have them.
      const now: unknown = Reflect.get(present ?? defaults ?? {}, key);
      if (value === undefined) continue;
      if (JSON.stringify(now) === JSON.stringify(value) && key !== "token_file") continue;
      const outcome = await setConfigValue(file, ["telegram", key], value);
      if (outcome.kind === "refused") throw refused(shell, outcome.problems);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : "";
    const title = t("init.unwritable", { file, code: String(code) });
    throw new Failure("failed", { title, advice: t("up.doctor"), cause });
  }
  readSound(shell);
  return { tokenFile, others: before.filter((owner) => owner !== bot.owner) };
}

function readSound(shell: Shell): { readonly file: string; readonly config: NodeConfig } {
  const { file, outcome } = readNodeConfig(shell.home);
  if (outcome.kind === "refused") throw refused(shell, outcome.problems);
  return { file, config: outcome.value };
}

function refused(
  { t }: Shell,
  problems: readonly Parameters<typeof formatConfigProblem>[0][],
): Failure {
  return new Failure("failed", {
    title: t("up.config_refused"),
    detail: problems.map((problem) => plainLine(formatConfigProblem(problem))).join("\n"),
    advice: t("doctor.config_cure"),
  });
}
