import { timePortDefault } from "@adyton/runtime/signed-time";
import * as z from "zod";
import { parseProxy } from "./adapters/telegram/proxy-address.ts";
import { parseAddress } from "./adapters/openai-compatible/address.ts";
import { isLoopbackRedis, parseRedisUrl } from "./adapters/bullmq/redis-url.ts";
import { modelNamePattern } from "./domain/model/model-name.ts";
import { recursiaBudget } from "./domain/modes/registry.ts";
import { backendRoles } from "./ports/backend.ts";

/** The configuration of the node: `HOME/adyton.yaml`. Every key has a default; unknown keys are refused. */

const portOrZero = z.int().min(0).max(65_535);
const days = z.int().min(1).max(36_500);

const addressCharsMax = 2_048;
/** An address as `parse` takes it. What is wrong is said without the text, which may hold a password. */
const addressFor = (parse: (text: string) => unknown) =>
  z
    .string()
    .max(addressCharsMax)
    .check((context) => {
      try {
        parse(context.value);
      } catch (error) {
        const message = error instanceof Error ? error.message : "is not an address";
        context.issues.push({ code: "custom", message, input: undefined });
      }
    });
const address = addressFor(parseAddress);

export const backendsMax = 32;

const concurrencyDefault = 8;
const threadsMax = 1_024;

/** As written: a server has an address, a model of the node's own a name. */
const BackendFields = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, "must be lower-case letters, digits, - and _")
    .default("default"),
  url: address.optional(),
  embedded: z
    .string()
    .regex(modelNamePattern, "must be the name of a model that adyton model list shows")
    .optional(),
  threads: z.int().min(1).max(threadsMax).optional(),
  gpu: z.enum(["off", "auto"]).optional(),
  model: z.string().min(1).max(200).optional(),
  api_key_file: z.string().min(1).optional(),
  weight: z.int().min(0).max(1_000).default(1),
  concurrency: z.int().min(1).max(256).optional(),
  roles: z
    .array(z.enum(backendRoles))
    .min(1)
    .max(backendRoles.length)
    .default(["chat"])
    .refine((roles) => new Set(roles).size === roles.length, "must not name a role twice"),
  context_tokens: z.int().min(512).max(10_000_000).optional(),
  /** Whether its model sees pictures. */
  vision: z.boolean().optional(),
});

/** An embedded model answers one question at a time unless told otherwise: two share the same cores. */
export const BackendConfig = BackendFields.superRefine(refuseMixture).transform((fields) => {
  const { url = "", embedded, model = embedded, concurrency, ...rest } = fields;
  return {
    ...rest,
    ...(embedded === undefined ? {} : { embedded }),
    ...(model === undefined ? {} : { model }),
    url: embedded === undefined ? url : `embedded:${embedded}`,
    concurrency: concurrency ?? (embedded === undefined ? concurrencyDefault : 1),
  };
});
export type BackendConfig = z.infer<typeof BackendConfig>;

/** All workers together are one model server of this name. */
export const workersName = "workers";

function refuseMixture(
  { url, embedded, threads, gpu, model, api_key_file: key }: z.infer<typeof BackendFields>,
  context: z.core.$RefinementCtx<z.infer<typeof BackendFields>>,
): void {
  const refuse = (message: string, path: string[]): void =>
    context.addIssue({ code: "custom", message, path });
  if (url === undefined && embedded === undefined)
    refuse("must have url, the address of a server, or embedded, the name of an added model", []);
  if (url !== undefined && embedded !== undefined)
    refuse("must not stand beside url: it is one or the other", ["embedded"]);
  const foreign = embedded === undefined ? { threads, gpu } : { model, api_key_file: key };
  for (const [name, value] of Object.entries(foreign))
    if (value !== undefined)
      refuse(`must not stand beside ${embedded === undefined ? "url" : "embedded"}`, [name]);
}

/** Names tell backends apart everywhere: in health, in metrics, in the journal. */
function refuseSameNames(
  backends: readonly BackendConfig[],
  context: z.core.$RefinementCtx<BackendConfig[]>,
): void {
  for (const [index, { name }] of backends.entries()) {
    if (name === workersName) {
      const message = `must be another: ${name} are all workers together`;
      context.addIssue({ code: "custom", message, path: [index, "name"] });
    }
    if (backends.findIndex((each) => each.name === name) === index) continue;
    const message = `must differ from the others: there is a backend ${name} already`;
    context.addIssue({ code: "custom", message, path: [index, "name"] });
  }
}

/** Workers on other machines, which get their work through Redis. */
const WorkersConfig = z
  .strictObject({
    redis: addressFor(parseRedisUrl),
    key_file: z.string().min(1).optional(),
    password_file: z.string().min(1).optional(),
    /** Seconds a question waits while no worker, or no Redis, is there. */
    wait_seconds: z.int().min(1).max(3_600).default(20),
    weight: z.int().min(0).max(1_000).default(1),
  })
  .refine(({ redis, key_file }) => key_file !== undefined || isLoopbackRedis(redis), {
    path: ["key_file"],
    message:
      "must name a key where Redis is on another machine: make one with `adyton worker key FILE`",
  });

/** Texts that must not occur in answers. */
export const forbiddenMax = 32;

export const logsMax = 32;
/** The node's own log has this name. */
export const nodeLogName = "node";
/** Names that mean something else where a log is named. */
const takenLogNames: ReadonlySet<string> = new Set([nodeLogName, "lines"]);

/** A log that `fold_error` may read. No other file is ever read for it. */
const LogConfig = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, "must be lower-case letters, digits, - and _")
    .refine((name) => !takenLogNames.has(name), "must be another: this name is the node's own"),
  path: z
    .string()
    .max(4_096)
    .regex(/^(?:\/|[A-Za-z]:[\\/])/, "must be an absolute path"),
});

export const telegramPeopleMax = 1_000;
const userId = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

const webAddress = z
  .url({ protocol: /^https?$/, error: "must be an address that begins with https:// or http://" })
  .max(addressCharsMax)
  .refine((url) => !/[?#@]|\/$/.test(url), "must end with the host's name or a path");

/** The bot. Everybody who is not named here gets silence. */
const TelegramConfig = z.strictObject({
  /** Left out where the relay runs the bot: then it lies there. */
  token_file: z.string().min(1).optional(),
  owners: z.array(userId).max(telegramPeopleMax).default([]),
  allowed_user_ids: z.array(userId).max(telegramPeopleMax).default([]),
  groups: z.array(z.int().max(-1)).max(telegramPeopleMax).default([]),
  /** In private chats answers grow in a draft, as the apps show it, and not by edits. */
  drafts: z.boolean().default(false),
  api_root: webAddress.default("https://api.telegram.org"),
  /** `direct`; `proxy`; `blind`: through the relay's forwarder; `bot`: the relay runs the bot. */
  via: z.enum(["direct", "proxy", "blind", "bot"]).default("direct"),
  proxy: addressFor(parseProxy).optional(),
  /** A file with `user:password`. */
  proxy_login_file: z.string().min(1).optional(),
});

/** Hosts that answers may link to, whatever they were made from. */
const exitLinksMax = 256;
const exitWordsMax = 256;
const exitWordCharsMax = 200;
const hostName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))+$/,
    "must be a host's name, like docs.example.com",
  );

/** Rules for the model's answers that self-checks hold them against. */
const InvariantsConfig = z.strictObject({
  /** `same`: the language of the question. Left out: `same` with the default prompt, none with a prompt of one's own. */
  language: z.enum(["any", "same", "en", "ru"]).optional(),
  answer_chars: z.int().min(1).max(1_000_000).optional(),
  forbidden: z.array(z.string().min(1).max(200)).max(forbiddenMax).default([]),
  json: z.boolean().default(false),
});

/** The second machine. */
const RelayConfig = z.strictObject({
  /** The relay's address in the tunnel. */
  address: z
    .string()
    .max(addressCharsMax)
    .regex(
      /^(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i,
      "must be the relay's address and port, such as 10.77.0.1:8443",
    ),
  /** The key that the relay has too. */
  link_key_file: z.string().min(1).optional(),
  /** Where a relay with the key tells the time. */
  time_port: z.int().min(1).max(65_535).default(timePortDefault),
});

/** What writes down what is said in recordings: a server, or the node itself with a model in a folder. */
const VoiceConfig = z
  .strictObject({
    url: address.optional(),
    /** Of a server; those with one model do not look. */
    model: z.string().min(1).max(200).optional(),
    api_key_file: z.string().min(1).optional(),
    /** What is spoken; left out, the server finds out. */
    language: z
      .string()
      .regex(/^[a-z]{2}$/, "must be two letters, like en or ru")
      .optional(),
    folder: z.string().startsWith("/", "must be a whole path, from / on").optional(),
  })
  .superRefine(({ url, folder, ...ofServer }, context) => {
    const refuse = (key: string, message: string): void =>
      context.addIssue({ code: "custom", message, path: [key] });
    if (folder === undefined) {
      if (url === undefined) refuse("url", "must be a server's address, or use folder instead");
      return;
    }
    if (url !== undefined) refuse("folder", "is used in place of url");
    for (const [key, value] of Object.entries(ofServer))
      if (value !== undefined) refuse(key, "is for a server, and folder takes none");
  });

type Refuse = (path: string[], message: string) => void;

/** TLS runs through a proxy from end to end, or it could read along. */
function refuseProxy(
  { via, proxy, proxy_login_file: login, api_root: root }: z.infer<typeof TelegramConfig>,
  refuse: Refuse,
): void {
  if (via !== "proxy") {
    const message = "is used with `via: proxy` alone";
    if (proxy !== undefined) refuse(["telegram", "proxy"], message);
    if (login !== undefined) refuse(["telegram", "proxy_login_file"], message);
    return;
  }
  if (proxy === undefined) refuse(["telegram", "via"], "needs proxy, the proxy's address");
  if (!root.startsWith("https:"))
    refuse(
      ["telegram", "api_root"],
      "must begin with https:// where it is reached through a proxy",
    );
}

/** The bot's token lies where the bot runs, and what goes through a relay or a proxy needs one. */
function refuseMissingWay(
  {
    telegram,
    relay,
  }: {
    telegram?: z.infer<typeof TelegramConfig> | undefined;
    relay?: z.infer<typeof RelayConfig> | undefined;
  },
  context: z.core.$RefinementCtx,
): void {
  if (telegram === undefined) return;
  const { via, token_file: token, api_root: root } = telegram;
  const refuse: Refuse = (path, message) => context.addIssue({ code: "custom", message, path });
  if (via === "bot" && token !== undefined)
    refuse(
      ["telegram", "token_file"],
      "must be left out with `via: bot`: the relay has the token, and this machine must not",
    );
  if (via !== "bot" && token === undefined)
    refuse(["telegram", "token_file"], "must name the file with the bot's token");
  refuseProxy(telegram, refuse);
  if (via === "direct" || via === "proxy") return;
  if (relay === undefined)
    refuse(["telegram", "via"], "needs relay.address, the address of the relay");
  else if (via === "bot" && relay.link_key_file === undefined)
    refuse(
      ["relay", "link_key_file"],
      "must name the key that the relay has too: make one with `adyton relay key FILE`",
    );
  if (via === "blind" && !root.startsWith("https:"))
    refuse(
      ["telegram", "api_root"],
      "must begin with https:// where it is reached through the relay",
    );
}

export const NodeConfigFields = z.strictObject({
  listen: z
    .strictObject({
      port: portOrZero.default(7860),
      /** JSON Lines on 127.0.0.1; 0 opens no such port. */
      socket_port: portOrZero.default(0),
    })
    .prefault({}),
  language: z.enum(["auto", "en", "ru"]).default("auto"),
  backends: z.array(BackendConfig).max(backendsMax).superRefine(refuseSameNames).default([]),
  workers: WorkersConfig.optional(),
  telegram: TelegramConfig.optional(),
  relay: RelayConfig.optional(),
  voice: VoiceConfig.optional(),
  logs: z
    .array(LogConfig)
    .max(logsMax)
    .refine(
      (logs) => new Set(logs.map(({ name }) => name)).size === logs.length,
      "must not use a name twice",
    )
    .default([]),
  turns: z
    .strictObject({
      wall_seconds: z.int().min(1).max(86_400).default(600),
      answer_tokens: z.int().min(16).max(1_000_000).optional(),
      history_turns: z.int().min(0).max(200).default(20),
      prompt: z.string().min(1).max(4_000).optional(),
    })
    .prefault({}),
  invariants: InvariantsConfig.prefault({}),
  recursia: z
    .strictObject({
      calls: z.int().min(1).max(64).default(recursiaBudget.calls),
      tokens: z.int().min(500).max(10_000_000).default(recursiaBudget.tokens),
      wall_seconds: z
        .int()
        .min(1)
        .max(3_600)
        .default(recursiaBudget.wallMs / 1_000),
      /** Of one principal, in a day by UTC, all its turns counted; beyond, answers are given without rethinking. */
      tokens_per_day: z.int().min(1).max(10_000_000_000).default(1_000_000),
    })
    .prefault({}),
  memory: z
    .strictObject({
      /** Days after which a fact ends that was told without an end; none unless set. */
      fact_days: days.optional(),
      /** Days a proposed fact waits for a decision. */
      proposal_days: days.default(30),
    })
    .prefault({}),
  exit: z
    .strictObject({
      /** Hosts whose addresses stay links in answers that external text went into; their subdomains too. */
      links: z.array(hostName).max(exitLinksMax).default([]),
      /** What else never leaves through a channel, such as the public address of the household. */
      hide: z.array(z.string().min(4).max(exitWordCharsMax)).max(exitWordsMax).default([]),
      /** Names of the machine's that may leave, because they are words too. */
      keep: z.array(z.string().min(1).max(exitWordCharsMax)).max(exitWordsMax).default([]),
    })
    .prefault({}),
  retention: z
    .strictObject({
      message_days: days.optional(),
      event_days: days.optional(),
      trace_days: days.default(30),
    })
    .prefault({}),
});

/** The configuration with what its keys ask of each other. */
export const NodeConfig = NodeConfigFields.superRefine(refuseMissingWay);
export type NodeConfig = z.infer<typeof NodeConfig>;
