import * as z from "zod";
import { EchoReport } from "./echo.ts";
import { FoldArgs, FoldGroupArgs, FoldGroups, FoldReport } from "./fold.ts";
import { ForgetResult } from "./forgetting.ts";
import type { Grant } from "./grants.ts";
import {
  echoPulsePerMinuteMax,
  mirrorPerHourMax,
  overlayTextCharsMax,
  resonanceTextCharsMax,
  rethinkBackMax,
  switchModePerMinuteMax,
} from "./limits.ts";
import { ConversationName, ModeName } from "./message.ts";
import { Lifetime, Overlay } from "./prompt.ts";
import { MirrorReport } from "./mirror.ts";
import { RethinkReport } from "./recursia.ts";

/** A text in both languages of the product. */
export interface Bilingual {
  readonly en: string;
  readonly ru: string;
}

/** So many times in so many seconds, counted back from each use. */
export interface CommandRate {
  readonly times: number;
  readonly seconds: number;
}

/**
 * A command of the node. The same entry is the typed call (`POST /api/v1/command`), the text command in every
 * channel, the line in `/help`, the entry in `describe_self` and the row in the published specification.
 */
export interface CommandSpec {
  readonly name: string;
  /** Slash forms besides `/command NAME`, without arguments. */
  readonly slash: readonly string[];
  /** Other names, in any case, where the name is accepted. */
  readonly aliases?: readonly string[];
  /** Whether the bare name, as the whole message, is the command. */
  readonly bare: boolean;
  readonly args: z.ZodObject;
  /** The argument that takes the rest of a text command's line. */
  readonly rest?: string;
  /** The argument that takes the second word of that line, where there are two. */
  readonly second?: string;
  readonly result: z.ZodType;
  /** `clusters`: what the node remembers of logs. */
  readonly changes: "nothing" | "conversation" | "clusters" | "memory";
  /** Whether a caller without a token may use it in its own conversations. */
  readonly local: boolean;
  /** How often each principal may use it; absent, as often as it likes. One more is refused with `busy`. */
  readonly rate?: CommandRate;
  readonly summary: Bilingual;
  readonly example: string;
}

const ModeExpiry = z
  .strictObject({
    turnsLeft: z.int().nonnegative().optional().describe("Turns of the conversation."),
    at: z.iso.datetime(),
  })
  .meta({ id: "ModeExpiry", description: "When a switched mode ends." });

const ModeScope = z
  .enum(["conversation", "node"])
  .describe(
    "What is switched: the conversation, unless told otherwise, or the node, which is the owner's to do.",
  );

export const ModeState = z
  .strictObject({
    mode: z.string(),
    previous: z.string().nullable(),
    scope: z
      .enum(["conversation", "node", "default"])
      .describe(
        "Whose switch it is: the conversation's own, the owner's for the node, or nobody's.",
      ),
    expires: ModeExpiry.nullable(),
    changedBy: z.string().nullable(),
  })
  .meta({ id: "ModeState", description: "The active mode of a conversation." });
export type ModeState = z.infer<typeof ModeState>;

const HelpResult = z
  .strictObject({
    commands: z.array(
      z.strictObject({ name: z.string(), example: z.string(), summary: z.string() }),
    ),
  })
  .meta({ id: "HelpResult", description: "The commands the caller may use." });

const NewResult = z.strictObject({ conversation: z.string(), forgottenTurns: z.int() }).meta({
  id: "NewResult",
  description: "The conversation starts afresh; its record stays in the journal.",
});

const StopResult = z
  .strictObject({ cancelled: z.array(z.string()) })
  .meta({ id: "StopResult", description: "The runs that were cancelled." });

export const ResonanceResult = z
  .strictObject({
    command: z.string().nullable().describe("What the text was understood as; `null`: as nothing."),
    by: z.enum(["phrase", "model"]).nullable(),
    offered: z.array(z.string()).describe("What the caller could have meant."),
    result: z.unknown().describe("The result of that command; `null` where there was none."),
  })
  .meta({
    id: "ResonanceResult",
    description: "A free text, led to a command that changes nothing.",
  });
export type ResonanceResult = z.infer<typeof ResonanceResult>;

const none = z.strictObject({});

export const commandTable = [
  {
    name: "describe_self",
    slash: ["/self"],
    bare: true,
    args: none,
    result: z.unknown(),
    changes: "nothing",
    local: true,
    summary: {
      en: "The node's own structure, from the running registry; no model call.",
      ru: "Собственное устройство узла, из работающего реестра; без обращения к модели.",
    },
    example: "describe_self",
  },
  {
    name: "echo_pulse",
    slash: ["/pulse"],
    bare: true,
    args: none,
    result: EchoReport,
    changes: "nothing",
    rate: { times: echoPulsePerMinuteMax, seconds: 60 },
    local: true,
    summary: {
      en: "Checks the conversation's context and the node: sixteen checks and one call of the model.",
      ru: "Проверяет контекст беседы и узел: шестнадцать проверок и одно обращение к модели.",
    },
    example: "/command echo_pulse",
  },
  {
    name: "help",
    slash: ["/help", "/start"],
    bare: true,
    args: none,
    result: HelpResult,
    changes: "nothing",
    local: true,
    summary: { en: "The commands you may use.", ru: "Команды, которые вам доступны." },
    example: "/help",
  },
  {
    name: "mode",
    slash: ["/mode"],
    bare: false,
    args: z.strictObject({ mode: ModeName.optional() }),
    rest: "mode",
    result: ModeState,
    changes: "conversation",
    local: true,
    summary: {
      en: "Shows the conversation's mode; with a name, switches to it.",
      ru: "Показывает режим беседы; с именем — переключает на него.",
    },
    example: "/mode",
  },
  {
    name: "switch_mode",
    slash: [],
    bare: false,
    args: z.strictObject({
      mode: ModeName,
      scope: ModeScope.optional(),
      lifetime: Lifetime.optional().describe("Of a node's mode the seconds count."),
    }),
    rest: "mode",
    second: "scope",
    result: ModeState,
    changes: "conversation",
    local: true,
    rate: { times: switchModePerMinuteMax, seconds: 60 },
    summary: {
      en: "Switches the conversation's mode, or with node the owner the node's; it ends by itself and can be reverted.",
      ru: "Переключает режим беседы, а со словом node — режим узла (владелец); он кончается сам и может быть отменён.",
    },
    example: "/command switch_mode EXTRACTIVE",
  },
  {
    name: "restore_mode",
    slash: [],
    bare: false,
    args: z.strictObject({ scope: ModeScope.optional() }),
    rest: "scope",
    result: ModeState,
    changes: "conversation",
    local: true,
    summary: {
      en: "Returns to the mode before the last switch.",
      ru: "Возвращает прежний режим беседы.",
    },
    example: "/command restore_mode",
  },
  {
    name: "prompt",
    slash: ["/prompt"],
    bare: false,
    args: z.strictObject({
      text: z.string().min(1).max(overlayTextCharsMax),
      lifetime: Lifetime.optional(),
    }),
    rest: "text",
    result: Overlay,
    changes: "conversation",
    local: true,
    summary: {
      en: "Inserts an intent into the conversation, with an expiry.",
      ru: "Вставляет намерение в беседу, со сроком действия.",
    },
    example: '/prompt "Answer in verse."',
  },
  {
    name: "new",
    slash: ["/new"],
    bare: false,
    args: none,
    result: NewResult,
    changes: "conversation",
    local: true,
    summary: {
      en: "Starts the conversation afresh: the model no longer sees what was said before.",
      ru: "Начинает беседу заново: модель больше не видит сказанного раньше.",
    },
    example: "/new",
  },
  {
    name: "rethink",
    slash: ["/rethink"],
    bare: false,
    args: z.strictObject({
      n: z
        .union([z.int().min(1).max(rethinkBackMax), z.string().regex(/^(?:[1-9]|1\d|20)$/)])
        .optional()
        .describe("Which answer, counted back from the last, which is 1."),
      depth: z.enum(["fast", "deep"]).optional().describe("How many votes are cast at most."),
    }),
    rest: "n",
    result: RethinkReport,
    changes: "conversation",
    local: true,
    summary: {
      en: "Checks the last answer again and replaces it only where something shows another to be better.",
      ru: "Проверяет последний ответ и заменяет его, только если что-то показывает, что другой лучше.",
    },
    example: "/rethink",
  },
  {
    name: "mirror_self",
    slash: ["/mirror"],
    bare: true,
    args: none,
    result: MirrorReport,
    changes: "nothing",
    local: true,
    rate: { times: mirrorPerHourMax, seconds: 3_600 },
    summary: {
      en: "Examines the conversation's context and the model in full, and proposes what to do; changes nothing.",
      ru: "Полностью проверяет контекст беседы и модель и предлагает, что сделать; ничего не меняет.",
    },
    example: "mirror_self",
  },
  {
    name: "resonance",
    slash: ["/resonance"],
    bare: false,
    args: z.strictObject({ text: z.string().min(1).max(resonanceTextCharsMax) }),
    rest: "text",
    result: ResonanceResult,
    changes: "nothing",
    local: true,
    summary: {
      en: "Finds the command that a free text asks for, among those that change nothing, and runs it.",
      ru: "Находит команду, о которой просит свободный текст, среди тех, что ничего не меняют, и выполняет её.",
    },
    example: '/resonance "check yourself"',
  },
  {
    name: "stop",
    slash: ["/stop"],
    bare: false,
    args: none,
    result: StopResult,
    changes: "conversation",
    local: true,
    summary: {
      en: "Cancels what is running or waiting here.",
      ru: "Отменяет то, что здесь выполняется или ждёт.",
    },
    example: "/stop",
  },
  {
    name: "usage",
    slash: ["/usage"],
    bare: false,
    args: none,
    result: z.unknown(),
    changes: "nothing",
    local: false,
    summary: {
      en: "Your messages, tokens and time by day.",
      ru: "Ваши сообщения, токены и время по дням.",
    },
    example: "/usage",
  },
  {
    name: "fold_error",
    slash: [],
    aliases: ["error_fold"],
    bare: true,
    args: FoldArgs,
    rest: "input",
    result: FoldReport,
    changes: "clusters",
    local: false,
    summary: {
      en: "Folds a log into clusters of equal lines, with hypotheses that its lines bear out.",
      ru: "Сворачивает журнал ошибок в группы одинаковых строк, с гипотезами, подтверждёнными строками.",
    },
    example: "/command fold_error",
  },
  {
    name: "fold_group",
    slash: [],
    bare: false,
    args: FoldGroupArgs,
    rest: "input",
    result: FoldGroups,
    changes: "clusters",
    local: false,
    summary: {
      en: "Has clusters of a log count as one, or takes one apart.",
      ru: "Считает группы журнала одной или разбирает группу.",
    },
    example: "/command fold_group web fold1:0a1b2c3d fold1:4e5f6a7b",
  },
  {
    name: "forget",
    slash: ["/forget"],
    bare: false,
    args: z.strictObject({
      what: z.string().max(32).optional().describe("last, conversation, all; yes, no, or an id."),
    }),
    rest: "what",
    result: ForgetResult,
    changes: "memory",
    local: true,
    summary: {
      en: "Shows what would be forgotten of yours, and erases it when you say yes.",
      ru: "Показывает, что вашего будет забыто, и стирает, когда вы согласны.",
    },
    example: "/forget",
  },
] as const satisfies readonly CommandSpec[];

export type CommandName = (typeof commandTable)[number]["name"];
export const commandNames = commandTable.map((command) => command.name);

/** The grant a command needs. */
export function commandGrant(name: string): Grant {
  return `command:${name}`;
}

export const CommandRequest = z
  .strictObject({
    command: z.string().min(1).max(64).describe("A command's name, in any case."),
    args: z.record(z.string(), z.unknown()).optional(),
    conversation: ConversationName.optional().describe(
      "The conversation it concerns; needed by every command that changes one.",
    ),
  })
  .meta({ id: "CommandRequest", description: "A typed command." });
export type CommandRequest = z.infer<typeof CommandRequest>;

export const CommandResult = z
  .strictObject({
    id: z.string(),
    command: z.enum(commandNames),
    conversation: z.string().optional(),
    text: z.string().describe("The result in words."),
    data: z.unknown().describe("The result as a structure; its shape is the command's own."),
  })
  .meta({ id: "CommandResult", description: "What a command did." });
export type CommandResult = z.infer<typeof CommandResult>;
