import { rememberCommands } from "./remember-commands.ts";
import { relayCommands } from "./relay-commands.ts";
import { telegramCommands } from "./telegram-commands.ts";
import { voiceCommands } from "./voice-commands.ts";
import type { CommandBody } from "./shell.ts";
import type { TextKey } from "./texts/translate.ts";

export interface OptionEntry {
  readonly flags: string;
  readonly text: TextKey;
}

interface CommandShape {
  /** The words of the command: `journal verify`. */
  readonly path: string;
  /** Arguments as the parser writes them: `<name> [rest...]`. */
  readonly args?: string;
  readonly options?: readonly OptionEntry[];
  readonly group: "node" | "talk" | "data" | "care";
  readonly load?: () => Promise<CommandBody>;
}

const conversation: OptionEntry = {
  flags: "-c, --conversation <name>",
  text: "option.conversation",
};

/** On every command. */
export const commonOptions: readonly OptionEntry[] = [
  { flags: "--home <dir>", text: "option.home" },
  { flags: "--port <n>", text: "option.port" },
  { flags: "--json", text: "option.json" },
];

/** Every command; the parser, help, and completion are built from it. A group of commands has no body of its own. */
const commandTable = [
  {
    path: "up",
    group: "node",
    options: [
      { flags: "--backend <url>", text: "option.backend" },
      { flags: "--model <name>", text: "option.model" },
      { flags: "--port <n>", text: "option.port_up" },
    ],
    load: async () => (await import("./commands/up.ts")).up,
  },
  {
    path: "init",
    group: "node",
    options: [{ flags: "--force", text: "option.force" }],
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    path: "say",
    args: "[text...]",
    group: "talk",
    options: [
      conversation,
      { flags: "-m, --mode <name>", text: "option.mode" },
      { flags: "--no-stream", text: "option.no_stream" },
    ],
    load: async () => (await import("./commands/say.ts")).say,
  },
  {
    path: "think",
    args: "<text...>",
    group: "talk",
    options: [conversation, { flags: "--watch", text: "option.watch" }],
    load: async () => (await import("./commands/think.ts")).think,
  },
  {
    path: "rethink",
    args: "[n]",
    group: "talk",
    options: [conversation, { flags: "--watch", text: "option.watch" }],
    load: async () => (await import("./commands/think.ts")).rethink,
  },
  {
    path: "command",
    args: "<name> [args...]",
    group: "talk",
    options: [conversation],
    load: async () => (await import("./commands/command.ts")).command,
  },
  {
    path: "prompt",
    args: "[text...]",
    group: "talk",
    options: [
      conversation,
      { flags: "--turns <n>", text: "option.turns" },
      { flags: "--seconds <n>", text: "option.seconds" },
    ],
    load: async () => (await import("./commands/prompt.ts")).prompt,
  },
  {
    path: "prompt remove",
    args: "<id>",
    group: "talk",
    load: async () => (await import("./commands/prompt.ts")).promptRemove,
  },
  {
    path: "self",
    group: "talk",
    options: [conversation],
    load: async () => (await import("./commands/self.ts")).self,
  },
  {
    path: "pulse",
    group: "talk",
    options: [conversation],
    load: async () => (await import("./commands/mirror.ts")).pulse,
  },
  {
    path: "mirror",
    group: "talk",
    options: [conversation],
    load: async () => (await import("./commands/mirror.ts")).mirror,
  },
  {
    path: "resonance",
    args: "<text...>",
    group: "talk",
    options: [conversation],
    load: async () => (await import("./commands/mirror.ts")).resonance,
  },
  {
    path: "logs",
    group: "data",
    options: [
      { flags: "-f, --follow", text: "option.follow" },
      { flags: "-n, --last <n>", text: "option.last" },
      { flags: "--type <prefix>", text: "option.type" },
      { flags: "--after <seq>", text: "option.after" },
    ],
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    path: "fold",
    args: "[file]",
    group: "data",
    options: [
      { flags: "--log <name>", text: "option.log" },
      { flags: "--window <time>", text: "option.window" },
      { flags: "--as <name>", text: "option.as" },
    ],
    load: async () => (await import("./commands/fold.ts")).fold,
  },
  { path: "memory", group: "data" },
  {
    path: "memory add",
    args: "<file...>",
    group: "data",
    options: [
      { flags: "--shared", text: "option.shared" },
      { flags: "--external", text: "option.external" },
      { flags: "--title <title>", text: "option.title" },
      { flags: "--expires <when>", text: "option.expires" },
    ],
    load: async () => (await import("./commands/memory-add.ts")).memoryAdd,
  },
  {
    path: "memory import",
    args: "<path...>",
    group: "data",
    options: [
      { flags: "--shared", text: "option.shared" },
      { flags: "--external", text: "option.external" },
      { flags: "--expires <when>", text: "option.expires" },
      { flags: "--dry-run", text: "option.dry_run" },
    ],
    load: async () => (await import("./commands/memory-import.ts")).memoryImport,
  },
  {
    path: "memory export",
    args: "<file>",
    group: "data",
    load: async () => (await import("./commands/memory-transfer.ts")).memoryExport,
  },
  {
    path: "memory search",
    args: "<query...>",
    group: "data",
    options: [{ flags: "--limit <n>", text: "option.limit" }],
    load: async () => (await import("./commands/memory.ts")).memorySearch,
  },
  {
    path: "memory list",
    group: "data",
    load: async () => (await import("./commands/memory.ts")).memoryList,
  },
  ...rememberCommands,
  {
    path: "memory forget",
    group: "data",
    options: [
      { flags: "--document <id>", text: "option.forget_document" },
      { flags: "--fact <id>", text: "option.forget_fact" },
      { flags: "--block <name>", text: "option.forget_block" },
      { flags: "--subject <subject>", text: "option.forget_subject" },
      { flags: "--run <id>", text: "option.forget_run" },
      { flags: "-c, --conversation <name>", text: "option.forget_conversation" },
      { flags: "--source <source>", text: "option.forget_source" },
      { flags: "--text <text>", text: "option.forget_text" },
      { flags: "--person <id>", text: "option.forget_person" },
      { flags: "--since <when>", text: "option.forget_since" },
      { flags: "--until <when>", text: "option.forget_until" },
      { flags: "--everything", text: "option.forget_everything" },
      { flags: "-y, --yes", text: "option.yes" },
    ],
    load: async () => (await import("./commands/memory-forget.ts")).memoryForget,
  },
  {
    path: "usage",
    group: "data",
    options: [{ flags: "--days <n>", text: "option.days" }],
    load: async () => (await import("./commands/usage.ts")).usage,
  },
  { path: "journal", group: "care" },
  {
    path: "journal verify",
    group: "care",
    load: async () => (await import("./commands/journal.ts")).journalVerify,
  },
  {
    path: "journal backup",
    args: "[folder]",
    group: "care",
    load: async () => (await import("./commands/journal.ts")).journalBackup,
  },
  {
    path: "journal restore",
    args: "<backup>",
    group: "care",
    load: async () => (await import("./commands/journal-offline.ts")).journalRestore,
  },
  {
    path: "journal accept",
    group: "care",
    load: async () => (await import("./commands/journal-offline.ts")).journalAccept,
  },
  {
    path: "journal rebuild",
    group: "care",
    load: async () => (await import("./commands/journal-offline.ts")).journalRebuild,
  },
  { path: "token", group: "care" },
  {
    path: "token add",
    args: "<name>",
    group: "care",
    options: [
      { flags: "--may <grants>", text: "option.may" },
      { flags: "--person", text: "option.person" },
      { flags: "--expires <when>", text: "option.expires" },
    ],
    load: async () => (await import("./commands/token.ts")).tokenAdd,
  },
  {
    path: "token list",
    group: "care",
    load: async () => (await import("./commands/token.ts")).tokenList,
  },
  {
    path: "token revoke",
    args: "<name>",
    group: "care",
    load: async () => (await import("./commands/token.ts")).tokenRevoke,
  },
  { path: "mode", group: "care" },
  {
    path: "mode list",
    group: "care",
    load: async () => (await import("./commands/mode.ts")).modeList,
  },
  {
    path: "mode show",
    args: "<name>",
    group: "care",
    load: async () => (await import("./commands/mode.ts")).modeShow,
  },
  {
    path: "mode new",
    args: "<name>",
    group: "care",
    load: async () => (await import("./commands/mode.ts")).modeNew,
  },
  { path: "model", group: "care" },
  {
    path: "model add",
    args: "<file>",
    group: "care",
    options: [{ flags: "--name <name>", text: "option.model_name" }],
    load: async () => (await import("./commands/model.ts")).modelAdd,
  },
  {
    path: "model list",
    group: "care",
    load: async () => (await import("./commands/model.ts")).modelList,
  },
  {
    path: "model remove",
    args: "<name>",
    group: "care",
    load: async () => (await import("./commands/model.ts")).modelRemove,
  },
  ...voiceCommands,
  {
    path: "health",
    group: "care",
    load: async () => (await import("./commands/health.ts")).health,
  },
  { path: "config", group: "care" },
  {
    path: "config check",
    group: "care",
    load: async () => (await import("./commands/config.ts")).configCheck,
  },
  {
    path: "config show",
    group: "care",
    load: async () => (await import("./commands/config.ts")).configShow,
  },
  {
    path: "doctor",
    group: "care",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    path: "worker",
    group: "node",
    options: [
      { flags: "--redis <url>", text: "option.redis" },
      { flags: "--backend <url>", text: "option.worker_backend" },
      { flags: "--model <name>", text: "option.model" },
      { flags: "--concurrency <n>", text: "option.concurrency" },
      { flags: "--name <name>", text: "option.worker_name" },
      { flags: "--key-file <file>", text: "option.key_file" },
      { flags: "--password-file <file>", text: "option.password_file" },
      { flags: "--api-key-file <file>", text: "option.api_key_file" },
    ],
    load: async () => (await import("./commands/worker.ts")).worker,
  },
  {
    path: "worker key",
    args: "<file>",
    group: "node",
    load: async () => (await import("./commands/worker.ts")).workerKey,
  },
  ...telegramCommands,
  ...relayCommands,
  { path: "emulate", group: "care" },
  {
    path: "emulate openai",
    group: "care",
    options: [
      { flags: "--persona <name>", text: "option.persona" },
      { flags: "--token-delay <ms>", text: "option.token_delay" },
      { flags: "--model <name>", text: "option.emulated_model" },
      { flags: "--port <n>", text: "option.port_emulator" },
    ],
    load: async () => (await import("./commands/emulate.ts")).emulateOpenai,
  },
  {
    path: "emulate telegram",
    group: "care",
    options: [
      { flags: "--port <n>", text: "option.port_emulator" },
      { flags: "--tls-port <n>", text: "option.tls_port" },
    ],
    load: async () => (await import("./commands/emulate.ts")).emulateTelegram,
  },
  {
    path: "completion",
    args: "<shell>",
    group: "node",
    load: async () => (await import("./commands/completion.ts")).completion,
  },
  {
    path: "version",
    group: "node",
    load: async () => (await import("./commands/version.ts")).version,
  },
] as const satisfies readonly CommandShape[];

export type CommandPath = (typeof commandTable)[number]["path"];

export interface CommandEntry extends CommandShape {
  readonly path: CommandPath;
}

export const commandEntries: readonly CommandEntry[] = commandTable;

/** What a command takes: its own options, and the common ones that it does not word by itself. */
export function optionsOf(entry: CommandEntry | undefined): OptionEntry[] {
  const own = entry?.options ?? [];
  const worded = new Set(own.map(({ flags }) => flags));
  return [...own, ...commonOptions.filter(({ flags }) => !worded.has(flags))];
}
