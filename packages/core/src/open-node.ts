import { rmSync } from "node:fs";
import { writeFileAtomic } from "@adyton/runtime/atomic-file";
import { errorText } from "@adyton/runtime/coded-error";
import type { RootLog } from "@adyton/runtime/log";
import { ListenError } from "./adapters/http/listen.ts";
import { type HttpServer, serveHttp } from "./adapters/http/serve-http.ts";
import type { NodeKeys } from "./adapters/keys/node-keys.ts";
import { openSearch } from "./adapters/search/search-client.ts";
import type { Journal } from "./adapters/sqlite/journal.ts";
import { JournalReader } from "./adapters/sqlite/journal-reader.ts";
import { StateReader } from "./adapters/sqlite/state-reader.ts";
import type { BackendPool } from "./app/backend-pool.ts";
import { FadingRecords } from "./app/fading-records.ts";
import { type App, assembleApp } from "./assemble.ts";
import { Backends } from "./backends.ts";
import { withEmbedded } from "./embedded.ts";
import type { BackendChoice } from "./choose-backend.ts";
import type { NodeConfig } from "./config.ts";
import { type HomeFiles, readSettings } from "./home.ts";
import { openExitCheck, openSecretFilter } from "./node-identity.ts";
import { openLog } from "./node-log.ts";
import type { NodeOptions, RunningNode } from "./node-options.ts";
import type { BackendHealth } from "./ports/backend.ts";
import type { Notice } from "./notices.ts";
import type { Listener } from "./ports/file-words.ts";
import type { RelayClock } from "./adapters/relay/relay-clock.ts";
import type { TelegramChannel } from "./adapters/telegram/telegram-channel.ts";
import { openRelayClock } from "./open-relay-clock.ts";
import { openTelegram, type TelegramParts } from "./open-telegram.ts";
import { openSockets } from "./open-sockets.ts";
import { openVoice } from "./open-voice.ts";
import { StartError } from "./start-error.ts";
import type { StopDeadline } from "./stop-deadline.ts";

const loopback = ["127.0.0.1", "::1"] as const;
/** Turns under way get so long to end by themselves when the node stops. */
const stopGraceMs = 3_000;
const manualFolder = new URL("../../../docs/guide/", import.meta.url);

/** What the first part of the start has opened already. */
export interface Started {
  readonly options: NodeOptions;
  readonly files: HomeFiles;
  readonly keys: NodeKeys;
  readonly journal: Journal;
  /** SHA-256, in hex, of the owner's token. */
  readonly tokenHash: string;
  readonly deadline: StopDeadline;
}

/** What opens after the parts that ask for it. */
interface Running {
  server?: HttpServer;
  telegram?: TelegramChannel | undefined;
  clock?: RelayClock | undefined;
  voice?: Listener | undefined;
}

const openedLater = (running: Running) => ({
  server: () => running.server,
  doors: () => (running.telegram === undefined ? [] : [running.telegram.health()]),
  forgetErased: async () => running.telegram?.forgetErased(),
  others: () =>
    [running.clock, running.voice].flatMap((part) => (part === undefined ? [] : [part.health()])),
});

/** Opens everything above the journal and starts to serve. Throws `StartError`. Disposing closes it in reverse. */
export async function openNode(started: Started): Promise<RunningNode> {
  const { options, files, keys, journal, deadline } = started;
  const notice = options.onNotice ?? (() => undefined);
  await using stack = new AsyncDisposableStack();
  const { written, ...settings } = await readSettings(files);
  const log = stack.use(openLog(files));
  const reader = stack.use(new JournalReader(files.journal));
  const search = stack.use(openSearch({ file: files.index }));
  const announced = { backend: false };
  const { backends, choice, config, kept } = await openBackends(started, written, log, (now) => {
    if (announced.backend) notice({ kind: "backend_changed", ...now });
  });
  stack.use(backends);

  const running: Running = {};
  const records = new FadingRecords(reader);
  const state = new StateReader(reader.database);
  const language = config.language === "auto" ? (options.language ?? "en") : config.language;
  const chosen = { language, version: options.version, indexWaitMsMax: options.indexWaitMsMax };
  const app = assembleApp({
    config,
    ...settings,
    ...kept,
    keys,
    files,
    journal,
    records,
    state,
    search,
    backends: backends.pool,
    ...openedLater(running),
    ownerTokenHash: started.tokenHash,
    guard: { secrets: openSecretFilter(config, { files, language }), isOff: options.isUnguarded },
    ...chosen,
    onUnexpected: (error) => log.error("an unforeseen error", { error: errorText(error) }),
  });
  stack.defer(() => deadline.within("the last record", () => lastRecord(journal, app)));
  const server = stack.use(await listen(options, config, app, log));
  running.server = server;
  stack.use(
    await openSockets({
      path: files.socket,
      port: config.listen.socket_port,
      server,
      callers: app.callers,
      notice,
      log: (message, fields) => log.warn(message, fields),
    }),
  );
  stack.defer(() => deadline.within("turns", () => app.stop(stopGraceMs)));
  await journal.append({ records: [app.startedRecord] });
  const recovered = await app.recover();
  if (recovered.resumed + recovered.interrupted > 0) notice({ kind: "recovered", ...recovered });
  stack.adopt(app.startBackground(manualFolder, log), (background) =>
    deadline.within("the manual and retention", () => background[Symbol.asyncDispose]()),
  );

  const ports = { journal, records, deliveries: state, operations: server.operations, app };
  Object.assign(running, await openOthers(started, config, { ...ports, log, language }, stack));

  // Only now, because a server on this machine has answered by now.
  await announceBackends(choice, kept !== undefined, { notice, pool: backends.pool });
  announced.backend = true;
  stack.use(await tellAddresses(started, server, notice));
  log.info("listening", { addresses: server.addresses.join(" "), version: options.version });

  const opened = stack.move();
  return {
    home: options.home,
    port: server.port,
    addresses: server.addresses,
    tokenFile: files.token,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Writes that the node stopped. A disk that takes nothing must not keep it from doing so. */
async function lastRecord(journal: Journal, { stoppedRecord }: App): Promise<void> {
  await journal.append({ records: [stoppedRecord] }).catch(() => undefined);
}

interface BotParts extends Pick<
  TelegramParts,
  "journal" | "records" | "deliveries" | "operations" | "voice"
> {
  readonly app: App;
  readonly log: RootLog;
  readonly language: "en" | "ru";
}

/** What is beside the node, where it is configured: the relay's clock, what hears speech, and the bot. */
async function openOthers(
  started: Started,
  config: NodeConfig,
  parts: Omit<BotParts, "voice">,
  stack: AsyncDisposableStack,
): Promise<Omit<Running, "server">> {
  const { language, log } = parts;
  const notice = started.options.onNotice ?? (() => undefined);
  const clock = await openRelayClock(config, { language, log, notice }, stack);
  const voice = await openVoice(config, language, stack);
  return { clock, voice, telegram: await openBot(started, config, { ...parts, voice }, stack) };
}

/** The bot, where one is configured: it closes with the stack. */
async function openBot(
  { options, files, deadline }: Started,
  config: NodeConfig,
  { app, log, ...parts }: BotParts,
  stack: AsyncDisposableStack,
): Promise<TelegramChannel | undefined> {
  const { telegram, relay } = config;
  if (telegram === undefined) return undefined;
  const exit = openExitCheck(config, {
    files: { ...files, home: options.home },
    language: parts.language,
    redacted: app.redacted,
    secrets: app.secrets,
  });
  const bot = {
    ...parts,
    config: telegram,
    relay,
    exit,
    secrets: app.secrets,
    channelKey: (id: string) => app.channelKey("telegram", id),
    conversationKey: app.conversationKey,
    pairings: app.pairings,
    confirmations: app.confirmations,
    spoolKeys: files.spoolKeys,
    log: (message: string, fields: Readonly<Record<string, string | number>>) =>
      log.warn(message, fields),
    notice: options.onNotice ?? (() => undefined),
  };
  const channel = await openTelegram(bot, stack);
  stack.adopt(channel, (open) => deadline.within("the bot", () => open[Symbol.asyncDispose]()));
  channel.start();
  return channel;
}

/** Says where the node listens, and keeps it in its folder, for the CLI, until this is disposed. */
async function tellAddresses(
  { files }: Started,
  { port, addresses, missing }: HttpServer,
  notice: (notice: Notice) => void,
): Promise<Disposable> {
  for (const host of missing)
    notice({ kind: "warning", text: `${host} is not available on this machine` });
  const run = { port, addresses, pid: process.pid, startedAt: new Date().toISOString() };
  await writeFileAtomic(files.run, `${JSON.stringify(run)}\n`, { mode: 0o600 });
  notice({ kind: "listening", addresses });
  return { [Symbol.dispose]: () => rmSync(files.run, { force: true }) };
}

async function openBackends(
  { options, files, journal }: Started,
  written: NodeConfig,
  log: RootLog,
  tell: (change: Pick<BackendHealth, "status" | "detail"> & { readonly name: string }) => void,
) {
  const { config, hostFor } = await withEmbedded(written, {
    home: options.home,
    wanted: options.backend,
    log: (level, message, fields) => log[level](message, fields),
  });
  const opened = await Backends.open({
    backend: options.backend,
    model: options.model,
    config,
    hostFor,
    ask: options.chooseBackend,
    onHealthChange: ({ name }, { status, detail }) => {
      log.info("the model server's state changed", { name, status, detail });
      tell({ name, status, detail });
      const record = { owner: "node", actor: "node", tier: "owner", class: "trace" } as const;
      // A disk that takes nothing is reported by the journal's own state.
      journal
        .append({
          records: [
            {
              ...record,
              origin: "node",
              type: "backend.changed",
              facts: { name, status },
              data: { detail },
            },
          ],
        })
        .catch(() => undefined);
    },
    onFoundLate: ({ backend }) =>
      log.info("a model server was found", { url: backend.url, model: backend.model ?? "" }),
  });
  return { ...opened, config, kept: await pinFound(opened.choice, { options, files }, config) };
}

/**
 * Writes a model server that was found into the configuration, when it is to be kept. Answers the digest of what then
 * stands there, for what the node writes itself is no change since the start.
 */
async function pinFound(
  choice: BackendChoice,
  { options, files }: Pick<Started, "options" | "files">,
  { backends: { length } }: NodeConfig,
): Promise<{ readonly configHash: string } | undefined> {
  if (choice.kind !== "found" || !choice.pin || options.backend !== undefined) return undefined;
  const { setConfigValue } = await import("@adyton/runtime/config-file");
  const { name, url, model } = choice.backend;
  // Behind those that are configured for other things than chats.
  const outcome = await (length === 0
    ? setConfigValue(files.config, ["backends"], [{ name, url, model }])
    : setConfigValue(files.config, ["backends", length], { name, url, model }));
  if (outcome.kind !== "written") return undefined;
  const { configHash } = await readSettings(files);
  return { configHash };
}

/** Says which model servers are used. */
async function announceBackends(
  choice: BackendChoice,
  pinned: boolean,
  { notice, pool }: { notice: (notice: Notice) => void; pool: BackendPool },
): Promise<void> {
  if (choice.kind === "none" || choice.kind === "nothing_found") {
    const others = choice.kind === "none" ? [] : choice.others;
    notice({ kind: "no_backend", asked: choice.kind === "none", others });
    return;
  }
  const found = choice.kind === "found";
  const configs = found ? [choice.backend] : choice.backends;
  for (const { name, url, model } of configs) {
    const member = pool.members.find(({ backend }) => backend.name === name);
    const { status = "unknown", detail = "" } = member?.backend.health() ?? {};
    const among = found ? choice.among : [];
    notice({ kind: "backend", name, url, model, found, pinned, among, status, detail });
  }
  for (const { backend } of pool.members) {
    if (backend.workers === undefined) continue;
    const { name, address: url, model } = backend;
    const { status, detail } = backend.health();
    const shown = { name, url, model: model === "" ? undefined : model, status, detail };
    notice({ kind: "backend", ...shown, found: false, pinned: false, among: [] });
  }
}

async function listen(
  options: NodeOptions,
  config: NodeConfig,
  app: App,
  log: RootLog,
): Promise<HttpServer> {
  const port = options.port ?? config.listen.port;
  try {
    return await serveHttp({
      port,
      hosts: loopback,
      handlers: app.handlers,
      authenticate: app.authenticate,
      local: app.local,
      log: ({ level, message, fields }) => log[level](message, fields),
      checkResponses: options.checkResponses ?? false,
    });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    throw new StartError("address_in_use", error.message, { cause: error });
  }
}
