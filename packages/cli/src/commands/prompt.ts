import {
  modeSecondsDefault,
  modeSecondsMax,
  modeTurnsDefault,
  modeTurnsMax,
} from "@adyton/protocol";
import { conversationOption } from "../conversation.ts";
import { Failure } from "../failure.ts";
import { found } from "../found.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import { localTime } from "../local-time.ts";

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
  const removed = found(outcome, shell, { name: id, list: "self" });
  if (print.json) print.value(removed);
  else print.line(t("prompt.removed", { text: plainLine(removed.text) }));
  return 0;
}
