import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@adyton/runtime/atomic-file";
import { errorText } from "@adyton/runtime/coded-error";
import { createLog, type RootLog } from "@adyton/runtime/log";
import { rmSync } from "node:fs";
import { type HttpServer, serveHttp } from "./adapters/http/serve-http.ts";
import { ListenError } from "./adapters/http/listen.ts";
import { loadNodeKeys, type NodeKeys } from "./adapters/keys/node-keys.ts";
import { openSearch } from "./adapters/search/search-client.ts";
import { Journal } from "./adapters/sqlite/journal.ts";
import { JournalReader } from "./adapters/sqlite/journal-reader.ts";
import { StateReader } from "./adapters/sqlite/state-reader.ts";
import { assembleApp, type App } from "./assemble.ts";
import { Backends } from "./backends.ts";
import type { BackendChoice, ChatServer } from "./choose-backend.ts";
import type { NodeConfig } from "./config.ts";
import {
  configHash,
  type HomeFiles,
  homeFiles,
  ownerTokenHash,
  readConfig,
  takeHome,
} from "./home.ts";
import type { Notice } from "./notices.ts";
import { StartError } from "./start-error.ts";

export type { ChatServer } from "./choose-backend.ts";
export { NodeConfig } from "./config.ts";
export type { Notice } from "./notices.ts";
export { StartError } from "./start-error.ts";

export interface NodeOptions {
  /** The node's own folder; made when it is missing. */
  readonly home: string;
  /** Wins over `listen.port`; 0 takes a free one. */
  readonly port?: number | undefined;
  /** `auto`, `none`, or a model server's address. */
  readonly backend?: string | undefined;
  readonly model?: string | undefined;
  readonly version: string;
  /** The language of commands' texts where the configuration says `auto`. */
  readonly language?: "en" | "ru";
  readonly onNotice?: (notice: Notice) => void;
  /** Asks a person which of several model servers to take. */
  readonly chooseBackend?: (found: readonly ChatServer[]) => Promise<number>;
  /** For tests: checks every answer against the contract. */
  readonly checkResponses?: boolean;
  /** For measurements: milliseconds each commit is held, as a slow disk would. */
  readonly commitDelayMs?: number;
}

export interface RunningNode extends AsyncDisposable {
  readonly home: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly tokenFile: string;
}

const loopback = ["127.0.0.1", "::1"] as const;
const logBytesMax = 8 * 1024 * 1024;
const logFilesMax = 3;
/** Turns under way get so long to end by themselves when the node stops. */
const stopGraceMs = 3_000;
const manualFolder = new URL("../../../docs/guide/", import.meta.url);
const specFile = new URL("../../../reverse-api-spec.yaml", import.meta.url);

/**
 * Starts the node: opens everything in order and closes it in reverse, also when the start fails half-way. Throws
 * `StartError` with what is wrong and what to do. Disposing stops accepting, lets turns end for a moment, and
 * returns when everything is on disk.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const files = homeFiles(options.home);
  const notice = options.onNotice ?? (() => undefined);
  await using stack = new AsyncDisposableStack();
  stack.use(await takeHome(options.home));
  const config = await readConfig(files.config);
  const log = stack.use(
    createLog({
      target: { kind: "file", path: files.log, bytesMax: logBytesMax, filesMax: logFilesMax },
    }),
  );
  const keys = refuse("key_refused", () => loadNodeKeys(options.home));
  const token = await ownerTokenHash(files.token);
  if (token.made) notice({ kind: "first_start", home: options.home, tokenFile: files.token });

  const journal = stack.use(await openJournal(files, keys, options.commitDelayMs ?? 0));
  const records = stack.use(new JournalReader(files.journal));
  const search = stack.use(openSearch({ file: files.index }));
  const { backends, choice } = await openBackends(options, config, log, journal);
  stack.use(backends);
  await announceBackend(choice, files, options, notice);

  const running: { server?: HttpServer } = {};
  const app = assembleApp({
    config,
    configHash: configHash(config),
    keys,
    files,
    journal,
    records,
    state: new StateReader(records.database),
    search,
    backend: () => backends.current,
    server: () => running.server,
    ownerTokenHash: token.hash,
    version: options.version,
    language: config.language === "auto" ? (options.language ?? "en") : config.language,
    specFile,
    onUnexpected: (error) => log.error("an unforeseen error", { error: errorText(error) }),
  });
  // A disk that takes nothing must not keep the node from stopping.
  stack.defer(() =>
    journal.append({ records: [app.stoppedRecord] }).then(
      () => undefined,
      () => undefined,
    ),
  );
  const server = stack.use(await listen(options, config, app, log));
  running.server = server;
  stack.defer(() => app.stop(stopGraceMs));
  await journal.append({ records: [app.startedRecord] });
  const recovered = await app.recover();
  if (recovered.resumed + recovered.interrupted > 0) notice({ kind: "recovered", ...recovered });
  stack.use(app.startBackground(manualFolder, log));

  const { port, addresses, missing } = server;
  for (const host of missing)
    notice({ kind: "warning", text: `${host} is not available on this machine` });
  const run = { port, addresses, pid: process.pid, startedAt: new Date().toISOString() };
  await writeFileAtomic(files.run, `${JSON.stringify(run)}\n`, { mode: 0o600 });
  stack.defer(() => rmSync(files.run, { force: true }));
  notice({ kind: "listening", addresses });
  log.info("listening", { addresses: addresses.join(" "), version: options.version });

  const opened = stack.move();
  return {
    home: options.home,
    port,
    addresses,
    tokenFile: files.token,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function openJournal(
  files: HomeFiles,
  keys: NodeKeys,
  commitDelayMs: number,
): Promise<Journal> {
  try {
    return await Journal.open({
      file: files.journal,
      headFile: files.head,
      headKey: keys.headKey,
      nodeId: keys.nodeId,
      commitDelayMs,
    });
  } catch (error) {
    throw new StartError(
      "journal_refused",
      error instanceof Error ? error.message : "the journal cannot be opened",
      {
        cause: error,
      },
    );
  }
}

function openBackends(options: NodeOptions, config: NodeConfig, log: RootLog, journal: Journal) {
  return Backends.open({
    backend: options.backend,
    model: options.model,
    config,
    ask: options.chooseBackend,
    onHealthChange: ({ name }, { status, detail }) => {
      log.info("the model server's state changed", { name, status, detail });
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
}

/** Says which model server is used, and pins it in the configuration when a person chose it. */
async function announceBackend(
  choice: BackendChoice,
  files: HomeFiles,
  options: NodeOptions,
  notice: (notice: Notice) => void,
): Promise<void> {
  if (choice.kind === "none" || choice.kind === "nothing_found") {
    const others = choice.kind === "none" ? [] : choice.others;
    notice({ kind: "no_backend", asked: choice.kind === "none", others });
    return;
  }
  const { url, model } = choice.backend;
  const among = choice.kind === "found" ? choice.among : [];
  let pinned = false;
  if (choice.kind === "found" && choice.pin && options.backend === undefined) {
    const { setConfigValue } = await import("@adyton/runtime/config-file");
    const outcome = await setConfigValue(
      files.config,
      ["backends"],
      [{ name: "default", url, model }],
    );
    pinned = outcome.kind === "written";
  }
  notice({ kind: "backend", url, model, found: choice.kind === "found", pinned, among });
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

function refuse<T>(code: StartError["code"], work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new StartError(code, error instanceof Error ? error.message : "it cannot be read", {
      cause: error,
    });
  }
}

/** Reads the version from the package's own description. */
export async function readVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version =
    typeof parsed === "object" && parsed !== null && "version" in parsed
      ? parsed.version
      : undefined;
  return typeof version === "string" ? version : "unknown";
}
