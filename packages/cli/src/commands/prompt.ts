import {
  modeSecondsDefault,
  modeSecondsMax,
  modeTurnsDefault,
  modeTurnsMax,
  type Problem,
} from "@adyton/protocol";
import { problemFailure } from "../client.ts";
import { conversationOption } from "../conversation.ts";
import { Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import { localTime } from "../local-time.ts";
import type { Translate } from "../texts/translate.ts";

/** `prompt TEXT`: inserts an intent into a conversation. */
export async function prompt(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const text = args.join(" ").trim();
  const turns = options.whole("turns", { min: 1, max: modeTurnsMax });
  const seconds = options.whole("seconds", { min: 1, max: modeSecondsMax });
  const conversation = conversationOption(options);
  if (text === "")
    throw new Failure("usage", { title: t("prompt.nothing"), advice: t("usage.see_help") });
  if (conversation === undefined)
    throw new Failure("usage", { title: t("prompt.needs_conversation") });
  const lifetime = { turns: turns ?? modeTurnsDefault, seconds: seconds ?? modeSecondsDefault };
  const client = await shell.client();
  const overlay = await client.ask("insertPrompt", { body: { text, conversation, lifetime } });
  if (print.json) print.value(overlay);
  else {
    const { turnsLeft, at } = overlay.expires;
    print.line(
      t("prompt.inserted", {
        conversation: plainLine(overlay.conversation),
        turns: turnsLeft,
        at: localTime(at),
      }),
    );
    const warnings = overlay.warnings ?? [];
    if (warnings.length > 0)
      print.note(t("prompt.warnings", { labels: warnings.join(", ") }), "yellow");
    print.line(print.paint("dim", t("prompt.how_to_remove", { id: overlay.overlayId })));
  }
  return 0;
}

/** `prompt remove ID`: ends an intent before its time. */
export async function promptRemove(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const [id = ""] = args;
  const client = await shell.client();
  const outcome = await client.call("removePrompt", { params: { id } });
  if (outcome.kind === "problem") throw removalFailure(outcome.problem, id, t);
  if (print.json) print.value(outcome.value);
  else print.line(t("prompt.removed", { text: plainLine(outcome.value.text) }));
  return 0;
}

/** An id of another shape is refused by the route before it is looked for; to the user both are the same. */
function removalFailure(problem: Problem, id: string, t: Translate): Failure {
  if (problem.code !== "not_found" && problem.code !== "invalid_request")
    return problemFailure(problem, t);
  return new Failure("failed", {
    title: t("prompt.unknown", { id: plainLine(id) }),
    advice: t("prompt.unknown_advice"),
    data: problem,
  });
}
