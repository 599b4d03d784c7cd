import {
  grantCovers,
  Lifetime,
  modeSecondsDefault,
  type ModeState,
  problem,
} from "@adyton/protocol";
import type { NewRecord } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { words } from "./command-words.ts";
import {
  type ConversationCommandOptions as Options,
  type Execution,
  expiryOf,
  type Outcome,
} from "./conversation-commands.ts";
import { problemWords } from "./problem-words.ts";
import { requireMode } from "./require-mode.ts";

// The commands that show, switch and restore a mode: of a conversation, or of the whole node, which is the owner's to do.

type Args = Readonly<Record<string, unknown>>;
type ModeOutcome = Outcome & { readonly data: ModeState };

/** The mode as it stands, and which others there are. */
export function showMode(options: Options, at: Execution): Outcome {
  const { turns, language } = options;
  const shown = modeOutcome(options, modeState(options, at));
  const others = turns.modes
    .usableBy(at.principal.tier)
    .map(({ id }) => id)
    .filter((id) => id !== shown.data.mode);
  return { ...shown, text: `${shown.text}\n${words.modes[language](others.join(", "))}` };
}

/** Switches the mode for a lifetime. Throws `ProblemError`: `unknown_mode`, or `forbidden`. */
export function switchMode(options: Options, args: Args, at: Execution): Outcome {
  const {
    turns: { modes },
    language,
  } = options;
  const mode = requireMode(String(args["mode"]), { modes, language, tier: at.principal.tier });
  if (args["scope"] === "node") return switchNode(options, mode.id, { ...at, args });
  const before = modeState(options, at);
  const { expires, ...until } = expiryOf(options, at.key, args["lifetime"]);
  const data: ModeState = {
    mode: mode.id,
    previous: before.mode,
    scope: "conversation",
    expires,
    changedBy: at.principal.id,
  };
  // What holds without a switch may be another mode when this one is restored, so it is not written down as a mode.
  const previous = before.scope === "conversation" ? before.mode : null;
  const facts = { mode: mode.id, previous, ...until };
  return modeOutcome(options, data, [
    { ...at.context, class: "record", origin: "node", type: "mode.changed", facts },
  ]);
}

function switchNode(options: Options, mode: string, at: Execution & { args: Args }): ModeOutcome {
  requireOwner(options, at);
  const before = nodeState(options, at);
  const { seconds } = Lifetime.optional().parse(at.args["lifetime"]) ?? {
    seconds: modeSecondsDefault,
  };
  const untilMs = options.now() + seconds * 1_000;
  const previous = before.scope === "node" ? before.mode : null;
  const facts = { mode, previous, untilTurn: null, untilMs };
  const data: ModeState = {
    mode,
    previous: before.mode,
    scope: "node",
    expires: { at: new Date(untilMs).toISOString() },
    changedBy: at.principal.id,
  };
  return modeOutcome(options, data, [{ ...nodeRecord(at), type: "mode.changed", facts }]);
}

/** Returns to the mode before the last switch, for what is left of that switch's lifetime. Throws `ProblemError` `forbidden`. */
export function restoreMode(options: Options, args: Args, at: Execution): Outcome {
  if (args["scope"] === "node") return restoreNode(options, at);
  const before = modeState(options, at);
  if (before.scope !== "conversation") return modeOutcome(options, before);
  const { previous } = options.conversations.mode(at.key);
  const state = options.conversations.state(at.key);
  const context = { ...at.context, class: "record", origin: "node" } as const;
  const untilTurn = state?.mode_until_turn ?? null;
  const untilMs = state?.mode_until_time ?? null;
  if (previous === null || untilTurn === null || untilMs === null)
    return modeOutcome(options, nodeState(options, at), [
      { ...context, type: "mode.restored", facts: { mode: null } },
    ]);
  const data: ModeState = {
    mode: previous,
    previous: nodeState(options, at).mode,
    scope: "conversation",
    expires: before.expires,
    changedBy: at.principal.id,
  };
  const facts = { mode: previous, previous: null, untilTurn, untilMs };
  return modeOutcome(options, data, [{ ...context, type: "mode.changed", facts }]);
}

function restoreNode(options: Options, at: Execution): ModeOutcome {
  requireOwner(options, at);
  const before = options.turns.nodeMode.active(at.principal.tier);
  if (before === undefined) {
    const unswitched = modeOutcome(options, nodeState(options, at));
    const text = words.nothingToRestore[options.language](unswitched.data.mode);
    return { ...unswitched, text };
  }
  const { previous, untilMs } = before;
  const standing = options.turns.nodeMode.standing.id;
  const data: ModeState = {
    mode: previous ?? standing,
    previous: previous === null ? null : standing,
    scope: previous === null ? "default" : "node",
    expires: previous === null ? null : { at: new Date(untilMs).toISOString() },
    changedBy: previous === null ? null : at.principal.id,
  };
  return modeOutcome(options, data, [
    previous === null
      ? { ...nodeRecord(at), type: "mode.restored", facts: { mode: null } }
      : {
          ...nodeRecord(at),
          type: "mode.changed",
          facts: { mode: previous, previous: null, untilTurn: null, untilMs },
        },
  ]);
}

/** Throws `ProblemError` `forbidden` to whoever is not the owner. */
function requireOwner({ language }: Options, { principal }: Execution): void {
  if (grantCovers(principal.grants, "admin")) return;
  const detail = problemWords.grantNeeded("admin")[language];
  throw new ProblemError(problem("forbidden", { detail }));
}

/** A record of the node's own mode belongs to no conversation. */
function nodeRecord({ context: { owner, actor, tier } }: Execution) {
  return { owner, actor, tier, class: "record", origin: "node" } as const;
}

function modeOutcome(
  { language }: Options,
  data: ModeState,
  effects: readonly NewRecord[] = [],
): ModeOutcome {
  const { mode, scope, expires } = data;
  const text =
    scope === "node"
      ? words.nodeMode[language](mode, expires?.at)
      : words.mode[language](mode, expires?.turnsLeft);
  return { text, data, effects };
}

/** The mode of the conversation, or what holds where it has none. */
function modeState(options: Options, at: Execution): ModeState {
  const active = options.conversations.mode(at.key);
  const below = nodeState(options, at);
  if (active.mode === undefined) return below;
  return {
    mode: active.mode.id,
    previous: active.previous ?? below.mode,
    scope: "conversation",
    expires: active.expires,
    changedBy: active.changedBy,
  };
}

/** The mode that the owner switched the node to, or that it has by itself. */
function nodeState({ turns }: Options, { principal }: Execution): ModeState {
  const standing = turns.nodeMode.standing.id;
  const active = turns.nodeMode.active(principal.tier);
  if (active === undefined)
    return { mode: standing, previous: null, scope: "default", expires: null, changedBy: null };
  return {
    mode: active.mode.id,
    previous: active.previous ?? standing,
    scope: "node",
    expires: { at: new Date(active.untilMs).toISOString() },
    changedBy: active.changedBy,
  };
}
