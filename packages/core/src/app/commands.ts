import {
  type Bilingual,
  type CommandName,
  CommandResult,
  type CommandSpec,
  commandGrant,
  commandTable,
  Lifetime,
  modeSecondsDefault,
  type ModeState,
  modeTurnsDefault,
  type Overlay,
  overlaysActiveMax,
  problem,
} from "@adyton/protocol";
import { commandSpec } from "../domain/commands/command-text.ts";
import type { DedupeKey, NewRecord } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import type { JournalPort, StatePort } from "../ports/journal.ts";
import { parseArgs } from "./command-args.ts";
import { words } from "./command-words.ts";
import type { Conversations } from "./conversations.ts";
import { describeSelf, type DescribeOptions, selfInWords } from "./describe-self.ts";
import type { Idempotency } from "./idempotency.ts";
import { newConversationName, newId, newRunId } from "./identifiers.ts";
import { OneByOne } from "./one-by-one.ts";
import { mayCommand } from "./permissions.ts";
import { requireMode, type Turns } from "./turns.ts";
import { usageInWords, usageOf } from "./usage.ts";

export interface CommandsOptions {
  readonly journal: JournalPort;
  readonly state: StatePort;
  readonly conversations: Conversations;
  readonly turns: Turns;
  readonly describe: DescribeOptions;
  readonly idempotency: Idempotency;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

export interface Invocation {
  readonly principal: Principal;
  readonly command: CommandName;
  readonly args: Readonly<Record<string, unknown>>;
  /** The conversation's name; none was given when absent. */
  readonly conversation: string | undefined;
  readonly dedupe?: DedupeKey | undefined;
}

/** A command's result, and whether it is that of an earlier request under the same key. */
export interface Executed {
  readonly result: CommandResult;
  readonly replayed: boolean;
}

/** What a command came to, and the records of its effect, which are written together with the record of the command. */
interface Outcome {
  readonly text: string;
  readonly data: unknown;
  readonly effects?: readonly NewRecord[];
}

type Context = Pick<NewRecord, "owner" | "actor" | "tier" | "conversation">;
interface Execution {
  readonly principal: Principal;
  readonly conversation: string;
  readonly key: string;
  readonly context: Context;
  /** False: the caller named no conversation. */
  readonly named: boolean;
}

/** Executes commands: one implementation behind the typed call and the text command of every channel. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #changes = new OneByOne();

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /**
   * Executes a command and records it. Throws `ProblemError`: `forbidden`, `invalid_body`, `unknown_mode`,
   * `conflict`, `idempotency_mismatch`, or the storage's problem.
   */
  async execute(invocation: Invocation): Promise<Executed> {
    const { principal, command, dedupe } = invocation;
    const spec = commandSpec(command);
    if (!mayCommand(principal, spec)) throw forbidden(command);
    const work = async (): Promise<Executed> => {
      const known = dedupe === undefined ? undefined : this.#options.idempotency.look(dedupe);
      return known?.kind === "answered"
        ? { result: CommandResult.parse(known.record.data), replayed: true }
        : { result: await this.#perform(invocation, spec), replayed: false };
    };
    // What a command may do follows from what is there, so a principal's changes come one after another.
    return spec.changes === "nothing" ? work() : this.#changes.run(principal.id, work);
  }

  async #perform(invocation: Invocation, spec: CommandSpec): Promise<CommandResult> {
    const { principal, command } = invocation;
    const named = invocation.conversation !== undefined;
    const conversation = invocation.conversation ?? newConversationName();
    const key = this.#options.conversations.key(principal, conversation);
    const context: Context = {
      owner: principal.person,
      actor: principal.id,
      tier: principal.tier,
      ...(named || spec.changes !== "nothing" ? { conversation: key } : {}),
    };
    const args = parseArgs(spec, invocation.args);
    const outcome = await this.#run(command, args, {
      principal,
      conversation,
      key,
      context,
      named,
    });
    const result: CommandResult = {
      id: newRunId(this.#options.now()),
      command,
      ...(spec.changes === "nothing" && !named ? {} : { conversation }),
      text: outcome.text,
      data: outcome.data,
    };
    await this.#record(invocation, spec, result, context, outcome.effects ?? []);
    return result;
  }

  async #record(
    invocation: Invocation,
    spec: CommandSpec,
    result: CommandResult,
    context: Context,
    effects: readonly NewRecord[],
  ): Promise<void> {
    const executed: NewRecord = {
      ...context,
      class: "message",
      origin: "node",
      type: "command.executed",
      facts: { run: result.id, command: result.command },
      // What changes nothing can be asked again; only an effect's result is kept for repetitions.
      data: spec.changes === "nothing" ? { args: invocation.args } : result,
    };
    const dedupe = spec.changes === "nothing" ? undefined : invocation.dedupe;
    await this.#options.journal.append({
      records: [...effects, executed],
      dedupe,
      resultOf: dedupe?.key,
    });
  }

  #run(
    command: CommandName,
    args: Record<string, unknown>,
    at: Execution,
  ): Promise<Outcome> | Outcome {
    switch (command) {
      case "describe_self":
        return this.#describeSelf(at);
      case "help":
        return this.#help(at);
      case "usage":
        return this.#usage(at);
      case "mode":
        return args["mode"] === undefined ? this.#showMode(at) : this.#switchMode(args, at);
      case "switch_mode":
        return this.#switchMode(args, at);
      case "restore_mode":
        return this.#restoreMode(at);
      case "prompt":
        return this.#insertPrompt(args, at);
      case "new":
        return this.#startAfresh(at);
      case "stop":
        return this.#stop(at);
    }
  }

  /** Removes an inserted intent. Throws `ProblemError` `not_found` also for another's. */
  async removeOverlay(id: string, principal: Principal): Promise<Overlay> {
    const { state, conversations, journal } = this.#options;
    const row = state.overlay(id);
    const overlay =
      row === undefined
        ? undefined
        : conversations.overlays(row.conversation).find((each) => each.overlayId === id);
    const isOwn =
      overlay !== undefined &&
      conversations.key(principal, overlay.conversation) === row?.conversation;
    if (overlay === undefined || !isOwn)
      throw new ProblemError(
        problem("not_found", { detail: "There is no such intent, or it is over." }),
      );
    await journal.append({
      records: [
        {
          owner: principal.person,
          actor: principal.id,
          tier: principal.tier,
          conversation: row?.conversation,
          class: "record",
          origin: "node",
          type: "overlay.removed",
          facts: { overlay: id },
        },
      ],
    });
    return overlay;
  }

  #describeSelf(at: Execution): Outcome {
    const self = describeSelf(
      this.#options.describe,
      at.principal,
      at.named ? at.conversation : undefined,
    );
    return { text: selfInWords(self, this.#options.language), data: self };
  }

  #help(at: Execution): Outcome {
    const commands = (commandTable as readonly CommandSpec[])
      .filter((command) => mayCommand(at.principal, command))
      .map(({ name, example, summary }) => ({
        name,
        example,
        summary: summary[this.#options.language],
      }));
    const text = commands.map(({ example, summary }) => `${example} — ${summary}`).join("\n");
    return { text, data: { commands } };
  }

  #usage(at: Execution): Outcome {
    const usage = usageOf(this.#options.state, at.principal, { nowMs: this.#options.now() });
    return { text: usageInWords(usage, this.#options.language), data: usage };
  }

  #modeState(key: string): ModeState {
    const active = this.#options.conversations.mode(key);
    return {
      mode: (active.mode ?? this.#options.turns.defaultMode).id,
      previous: active.previous,
      scope: active.mode === undefined ? "default" : "conversation",
      expires: active.expires,
      changedBy: active.changedBy,
    };
  }

  #showMode(at: Execution): Outcome {
    const state = this.#modeState(at.key);
    return { text: `${words[this.#options.language].mode}: ${state.mode}`, data: state };
  }

  #switchMode(args: Record<string, unknown>, at: Execution): Outcome {
    const mode = requireMode(String(args["mode"]));
    const before = this.#modeState(at.key);
    const until = this.#until(at.key, Lifetime.optional().parse(args["lifetime"]));
    const language = words[this.#options.language];
    const data: ModeState = {
      mode: mode.id,
      previous: before.mode,
      scope: "conversation",
      expires: until.expires,
      changedBy: at.principal.id,
    };
    const facts = {
      mode: mode.id,
      previous: before.mode,
      untilTurn: until.untilTurn,
      untilMs: until.untilMs,
    };
    return {
      text: `${language.mode}: ${mode.id}, ${language.until} ${until.expires.turnsLeft} ${language.turns}.`,
      data,
      effects: [{ ...at.context, class: "record", origin: "node", type: "mode.changed", facts }],
    };
  }

  #restoreMode(at: Execution): Outcome {
    const before = this.#modeState(at.key);
    if (before.scope === "default")
      return { text: `${words[this.#options.language].mode}: ${before.mode}`, data: before };
    const defaultMode = this.#options.turns.defaultMode.id;
    const mode = before.previous ?? defaultMode;
    const back = mode === defaultMode ? null : mode;
    const data: ModeState = {
      mode,
      previous: null,
      scope: back === null ? "default" : "conversation",
      expires: back === null ? null : before.expires,
      changedBy: back === null ? null : at.principal.id,
    };
    return {
      text: `${words[this.#options.language].mode}: ${mode}`,
      data,
      effects: [
        {
          ...at.context,
          class: "record",
          origin: "node",
          type: "mode.restored",
          facts: { mode: back },
        },
      ],
    };
  }

  #insertPrompt(args: Record<string, unknown>, at: Execution): Outcome {
    const active = this.#options.conversations.overlays(at.key);
    if (active.length >= overlaysActiveMax) {
      const detail = `${overlaysActiveMax} intents hold already; remove one, or wait until one is over.`;
      throw new ProblemError(problem("conflict", { detail }));
    }
    const text = String(args["text"]);
    const { expires, untilTurn, untilMs } = this.#until(
      at.key,
      Lifetime.optional().parse(args["lifetime"]),
    );
    const overlay: Overlay = {
      overlayId: newId("ovl"),
      conversation: at.conversation,
      text,
      expires,
      position: "after-core-prompt",
    };
    return {
      text: `${words[this.#options.language].inserted} ${expires.turnsLeft}.`,
      data: overlay,
      effects: [
        {
          ...at.context,
          class: "message",
          origin: "node",
          type: "overlay.added",
          facts: { overlay: overlay.overlayId, untilTurn, untilMs },
          data: { conversation: at.conversation, text },
        },
      ],
    };
  }

  #startAfresh(at: Execution): Outcome {
    const turns = this.#options.conversations.history(at.key).length / 2;
    return {
      text: words[this.#options.language].fresh,
      data: { conversation: at.conversation, forgottenTurns: Math.floor(turns) },
      effects: [
        { ...at.context, class: "record", origin: "node", type: "conversation.reset", facts: {} },
      ],
    };
  }

  #stop(at: Execution): Outcome {
    const { turns } = this.#options;
    const cancelled = turns.ofConversation(at.key).filter((run) => turns.cancel(run));
    const ids = cancelled.map((run) => run.id);
    const language = words[this.#options.language];
    return {
      text: ids.length === 0 ? language.nothing : `${language.stopped} ${ids.join(", ")}`,
      data: { cancelled: ids },
    };
  }

  /** A lifetime counted from now in the conversation's own turns. */
  #until(key: string, lifetime: Lifetime | undefined) {
    const turns = lifetime?.turns ?? modeTurnsDefault;
    const seconds = lifetime?.seconds ?? modeSecondsDefault;
    const untilTurn = this.#options.conversations.turns(key) + turns;
    const untilMs = this.#options.now() + seconds * 1_000;
    return {
      untilTurn,
      untilMs,
      expires: { turnsLeft: turns, at: new Date(untilMs).toISOString() },
    };
  }
}

function forbidden(command: CommandName): ProblemError {
  return new ProblemError(
    problem("forbidden", { detail: `This needs a token with the grant ${commandGrant(command)}.` }),
  );
}
