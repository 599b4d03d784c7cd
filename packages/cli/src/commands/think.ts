import { messageTextCharsMax, rethinkBackMax } from "@adyton/protocol";
import { conversationOption } from "../conversation.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";
import { tracePrinter } from "../trace-printer.ts";
import { streamTurn, wholeTurn } from "../turn.ts";

/** `think`: one question in the mode RECURSIA; with `--watch`, each step as it is taken. */
export async function think(shell: Shell, invocation: Invocation): Promise<number> {
  const { t } = shell;
  const text = invocation.args.join(" ").trim();
  if (text === "")
    throw new Failure("usage", { title: t("say.nothing"), advice: t("say.nothing_advice") });
  if (text.length > messageTextCharsMax)
    throw new Failure("failed", {
      title: t("say.too_long", { max: messageTextCharsMax }),
      advice: t("say.too_long_advice"),
    });
  return ask(shell, invocation, { text, mode: "RECURSIA" });
}

/** `rethink`: the last answer again, or the one so many answers back. */
export async function rethink(shell: Shell, invocation: Invocation): Promise<number> {
  const [back = ""] = invocation.args;
  if (
    back !== "" &&
    !(/^\d{1,2}$/.test(back) && Number(back) >= 1 && Number(back) <= rethinkBackMax)
  )
    throw new Failure("usage", {
      title: shell.t("usage.whole", {
        option: "rethink",
        min: 1,
        max: rethinkBackMax,
        found: back,
      }),
    });
  return ask(shell, invocation, { text: `/rethink ${back}`.trim() });
}

async function ask(
  shell: Shell,
  { options }: Invocation,
  asked: { readonly text: string; readonly mode?: string },
): Promise<number> {
  const { print, t } = shell;
  const conversation = conversationOption(options);
  const client = await shell.client();
  const message = { ...asked, ...(conversation === undefined ? {} : { conversation }) };
  const turn = { client, print, t, message };
  const isWatched = options.flag("watch");
  const answer = print.json
    ? await wholeTurn(turn)
    : await streamTurn({ ...turn, ...(isWatched ? { onTrace: tracePrinter(shell) } : {}) });
  return answer.finish === "cut" ? exitCodes.failed : exitCodes.ok;
}
