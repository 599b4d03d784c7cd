import {
  type Bilingual,
  type CommandName,
  CommandResult,
  type CommandSpec,
  commandGrant,
  commandTable,
  FoldArgs,
  FoldGroupArgs,
  foldsMax,
  ModeName,
  type Overlay,
  principalQueueMax,
  problem,
} from "@adyton/protocol";
import { commandSpec } from "../domain/commands/command-text.ts";
import type { ReadOnlyCommand } from "../domain/commands/intent.ts";
import type { AppendOutcome, DedupeKey, NewRecord, RecordGroup } from "../domain/journal/record.ts";
import type { ModeCommand } from "../domain/modes/mode-spec.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import type { JournalPort, StatePort } from "../ports/journal.ts";
import { parseArgs } from "./command-args.ts";
import { CommandRates } from "./command-rates.ts";
import {
  type Execution,
  insertPrompt,
  type Outcome,
  overlayRemoval,
  startAfresh,
  stop,
} from "./conversation-commands.ts";
import { restoreMode, showMode, switchMode } from "./mode-commands.ts";
import type { Conversations } from "./conversations.ts";
import { describeSelf, type DescribeOptions, selfInWords } from "./describe-self.ts";
import type { FoldOptions } from "./fold/fold-error.ts";
import { ForgetCommand } from "./forget-command.ts";
import type { Forgetting } from "./forgetting.ts";
import { type Idempotency, mismatch } from "./idempotency.ts";
import { newConversationName, newRunId } from "./identifiers.ts";
import type { MirrorOptions } from "./mirror/mirror-self.ts";
import { OneByOne } from "./one-by-one.ts";
import type { LiveRun } from "./live-run.ts";
import { mayCommand } from "./permissions.ts";
import { problemWords } from "./problem-words.ts";
import { requireMode } from "./require-mode.ts";
import { resonate } from "./resonance.ts";
import type { Turns } from "./turns.ts";
import { usageInWords, usageOf } from "./usage.ts";

export interface CommandsOptions {
  readonly journal: JournalPort;
  readonly state: StatePort;
  readonly conversations: Conversations;
  readonly turns: Turns;
  readonly describe: DescribeOptions;
  readonly fold: FoldOptions;
  readonly mirror: MirrorOptions;
  readonly forgetting: Forgetting;
  readonly idempotency: Idempotency;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

/** Of a name that is none, so much is repeated. */
const toldNameCharsMax = 64;

/** Commands that are executed at once. `rethink` asks the model: it is a turn. */
export type InstantCommand = Exclude<CommandName, "rethink">;

export interface Invocation {
  readonly principal: Principal;
  readonly command: InstantCommand;
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

/** Executes commands: one implementation behind the typed call and the text command of every channel. */
export class Commands {
  readonly #options: CommandsOptions;
  /** Of each principal, as many as of its messages may wait. */
  readonly #changes = new OneByOne(principalQueueMax);
  readonly #rates: CommandRates;
  /** Of all together: each folds what the one before has remembered. */
  readonly #folds = new OneByOne(foldsMax);

  readonly #forget: ForgetCommand;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#rates = new CommandRates(options);
    this.#forget = new ForgetCommand(options);
  }

  /**
   * Executes a command and records it. Throws `ProblemError`: `forbidden`, `invalid_body`, `unknown_mode`,
   * `conflict`, `busy`, `idempotency_mismatch`, or the storage's problem.
   */
  async execute(invocation: Invocation): Promise<Executed> {
    const { principal, command, dedupe } = invocation;
    const spec = commandSpec(command);
    if (!mayCommand(principal, spec)) throw this.#forbidden(command);
    const work = async (): Promise<Executed> => {
      const known = dedupe === undefined ? undefined : this.#options.idempotency.look(dedupe);
      return known?.kind === "answered"
        ? { result: CommandResult.parse(known.record.data), replayed: true }
        : { result: await this.#perform(invocation, spec), replayed: false };
    };
    // What a command may do follows from what is there, so a principal's changes come one after another.
    switch (spec.changes) {
      case "nothing":
      case "memory":
        return work();
      case "clusters":
        return this.#folds.run("fold", work);
      case "conversation":
        return this.#changes.run(principal.id, work);
    }
  }

  /**
   * Runs the command of a mode that is one: the message is its input, where it takes one. Throws as `execute` does.
   */
  async ofMode(command: ModeCommand, { submission }: LiveRun): Promise<CommandResult> {
    const { principal, conversation, text } = submission;
    const args = commandSpec(command).rest === "input" ? { input: text } : {};
    const { result } = await this.execute({ principal, command, args, conversation });
    return result;
  }

  async #perform(invocation: Invocation, spec: CommandSpec): Promise<CommandResult> {
    const { principal, command } = invocation;
    const named = invocation.conversation !== undefined;
    const conversation = invocation.conversation ?? newConversationName();
    const key = this.#options.conversations.key(principal, conversation);
    const context: Execution["context"] = {
      owner: principal.person,
      actor: principal.id,
      tier: principal.tier,
      ...(named || spec.changes === "conversation" ? { conversation: key } : {}),
    };
    if (spec.rest === "mode") this.#refuseNoMode(invocation);
    const args = parseArgs(spec, invocation.args, this.#options.language);
    // To name a mode is to switch to it, whatever the command is called.
    const counted = command === "mode" && "mode" in args ? commandSpec("switch_mode") : spec;
    if (counted.rate !== undefined) this.#rates.count(principal.id, counted.name, counted.rate);
    const id = newRunId(this.#options.now());
    const outcome = await this.#run(command, args, {
      id,
      principal,
      conversation,
      key,
      context,
      named,
    });
    const result: CommandResult = {
      id,
      command,
      ...(spec.changes === "conversation" || named ? { conversation } : {}),
      text: outcome.text,
      data: outcome.data,
    };
    await this.#record(invocation, spec, result, context, outcome.effects ?? []);
    return result;
  }

  /** What cannot be a mode's name is no mode either, and who typed it is told which there are. */
  #refuseNoMode({ principal: { tier }, args: { mode } }: Invocation): void {
    if (typeof mode !== "string" || mode === "" || ModeName.safeParse(mode).success) return;
    const { turns, language } = this.#options;
    requireMode(mode.slice(0, toldNameCharsMax), { modes: turns.modes, language, tier });
  }

  async #record(
    invocation: Invocation,
    spec: CommandSpec,
    result: CommandResult,
    context: Execution["context"],
    effects: readonly NewRecord[],
  ): Promise<void> {
    // What changes nothing can be asked again, and what is forgotten is not written down anew: no result is kept.
    const isKept = spec.changes !== "nothing" && spec.changes !== "memory";
    const executed: NewRecord = {
      ...context,
      class: "message",
      origin: "node",
      type: "command.executed",
      facts: { run: result.id, command: result.command },
      data: isKept ? result : undefined,
    };
    const dedupe = isKept ? invocation.dedupe : undefined;
    const outcome = await this.#write({
      records: [...effects, executed],
      dedupe,
      resultOf: dedupe?.key,
    });
    // A turn took the key since it was looked up: nothing of this command was written.
    if (outcome.kind === "duplicate") throw mismatch();
  }

  /** Appends, and has what was read of the conversations forgotten: what a failed write has left is not known. */
  async #write(group: RecordGroup): Promise<AppendOutcome> {
    try {
      return await this.#options.journal.append(group);
    } finally {
      for (const { conversation } of group.records)
        if (conversation !== undefined) this.#options.conversations.changed(conversation);
      this.#options.turns.nodeMode.changed();
    }
  }

  #run(
    command: InstantCommand,
    args: Record<string, unknown>,
    at: Execution,
  ): Outcome | Promise<Outcome> {
    switch (command) {
      case "describe_self":
        return this.#describeSelf(at);
      case "echo_pulse":
        return this.#echoPulse(at);
      case "help":
        return this.#help(at);
      case "usage":
        return this.#usage(at);
      case "mode":
        return args["mode"] === undefined
          ? showMode(this.#options, at)
          : switchMode(this.#options, args, at);
      case "switch_mode":
        return switchMode(this.#options, args, at);
      case "restore_mode":
        return restoreMode(this.#options, args, at);
      case "prompt":
        return insertPrompt(this.#options, args, at);
      case "new":
        return startAfresh(this.#options, at);
      case "stop":
        return stop(this.#options, at);
      case "fold_error":
        return this.#foldError(args, at);
      case "fold_group":
        return this.#foldGroup(args, at);
      case "mirror_self":
        return this.#mirrorSelf(at);
      case "forget":
        return this.#forget.run(typeof args["what"] === "string" ? args["what"] : undefined, at);
      case "resonance":
        return this.#resonance(String(args["text"]), at);
    }
  }

  /** Removes an inserted intent. Throws `ProblemError` `not_found`, also for another's. */
  removeOverlay(id: string, principal: Principal): Promise<Overlay> {
    return this.#changes.run(principal.id, async () => {
      const { overlay, record } = overlayRemoval(this.#options, id, principal);
      await this.#write({ records: [record] });
      return overlay;
    });
  }

  #resonance(text: string, at: Execution): Promise<Outcome> {
    const { describe, language } = this.#options;
    const execute = async (command: ReadOnlyCommand): Promise<CommandResult> => {
      const conversation = at.named ? at.conversation : undefined;
      const { principal } = at;
      return (await this.execute({ principal, command, args: {}, conversation })).result;
    };
    return resonate({ backends: describe.backends, language, execute }, text, at);
  }

  // Large and seldom used: their code is loaded when they are, and a node starts without it.

  async #foldError(args: Record<string, unknown>, at: Execution): Promise<Outcome> {
    const { foldError } = await import("./fold/fold-error.ts");
    return foldError(this.#options.fold, FoldArgs.parse(args), at);
  }

  async #foldGroup(args: Record<string, unknown>, at: Execution): Promise<Outcome> {
    const { foldGroup } = await import("./fold/fold-group.ts");
    return foldGroup(this.#options.fold, FoldGroupArgs.parse(args), at);
  }

  async #echoPulse(at: Execution): Promise<Outcome> {
    const { echoPulse } = await import("./mirror/echo-pulse.ts");
    return echoPulse(this.#options.mirror, at);
  }

  async #mirrorSelf(at: Execution): Promise<Outcome> {
    const { mirrorSelf } = await import("./mirror/mirror-self.ts");
    return mirrorSelf(this.#options.mirror, at);
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

  #forbidden(command: CommandName): ProblemError {
    const detail = problemWords.grantNeeded(commandGrant(command))[this.#options.language];
    return new ProblemError(problem("forbidden", { detail }));
  }

  #usage(at: Execution): Outcome {
    const usage = usageOf(this.#options.state, at.principal, { nowMs: this.#options.now() });
    return { text: usageInWords(usage, this.#options.language), data: usage };
  }
}
