import { messageTextCharsMax } from "@adyton/protocol";
import { conversationOption } from "../conversation.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";
import { isPiped, joinMessage, readStandardInput } from "../standard-input.ts";
import { streamTurn, wholeTurn } from "../turn.ts";
import { whileWaiting } from "../waiting.ts";

/** Bytes that a message of the allowed characters can have at most. */
const inputBytesMax = messageTextCharsMax * 4;

/** `say`: one message, piped text joined to it; without any, on a terminal, a conversation. */
export async function say(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { t, print } = shell;
  const conversation = conversationOption(options);
  const mode = options.text("mode");
  const context = {
    ...(conversation === undefined ? {} : { conversation }),
    ...(mode === undefined ? {} : { mode }),
  };
  const words = args.join(" ");
  if (words.trim() === "" && process.stdin.isTTY && !print.json) {
    const { chat } = await import("../chat.ts");
    return await chat(shell, context);
  }
  const text = joinMessage(words, isPiped() ? await pipedText(shell) : "");
  if (text === "")
    throw new Failure("usage", { title: t("say.nothing"), advice: t("say.nothing_advice") });
  if (text.length > messageTextCharsMax) throw tooLong(shell);
  const client = await shell.client();
  const turn = { client, print, t, message: { text, ...context } };
  const answer = await (print.json || options.refused("stream")
    ? wholeTurn(turn)
    : streamTurn(turn));
  // Half an answer must not pass for a whole one in a script.
  return answer.finish === "cut" ? exitCodes.failed : exitCodes.ok;
}

async function pipedText(shell: Shell): Promise<string> {
  // A pipe that nobody closes would be waited for without end; the user should see for what.
  const text = (seconds: number): string => shell.t("say.reading", { seconds });
  const input = await whileWaiting(shell.print, text, () => readStandardInput(inputBytesMax));
  if (input.kind === "text") return input.text;
  if (input.kind === "too_long") throw tooLong(shell);
  throw new Failure("failed", { title: shell.t("input.not_text") });
}

function tooLong({ t }: Shell): Failure {
  return new Failure("failed", {
    title: t("say.too_long", { max: messageTextCharsMax }),
    advice: t("say.too_long_advice"),
  });
}
