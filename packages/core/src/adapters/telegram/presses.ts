import { type Bilingual, CommandResult, Run } from "@adyton/protocol";
import { type Clock, settlesWithin } from "@adyton/runtime/clock";
import type { Supervisor } from "@adyton/runtime/supervisor";
import type { CallbackQuery } from "grammy/types";
import type { ExitCheck } from "../../app/channels/exit-check.ts";
import type { Buttons, ChannelDoor } from "../../ports/channel.ts";
import type { Principal } from "../../ports/http.ts";
import type { BotOperations } from "./bot-operations.ts";
import { channelWords } from "./channel-words.ts";
import { buttonsUnder, type Pressed, readPressed } from "./keyboards.ts";
import { conversationOf, placeOf } from "./place.ts";
import { problemInWords } from "./problem-in-words.ts";
import type { TelegramClient } from "./telegram-client.ts";

export interface PressesOptions {
  readonly client: () => TelegramClient;
  readonly door: Pick<ChannelDoor, "fill">;
  readonly exit: ExitCheck;
  readonly operations: BotOperations;
  readonly supervisor: Pick<Supervisor, "task">;
  readonly language: keyof Bilingual;
  readonly clock: Clock;
}

/** What a press asks for may take long, such as to forget: what others write is not to wait for it. */
const doneMsMax = 1_000;
/** What is said of a press is of use for moments; a server that is slower than this is not waited for. */
const answerMsMax = 5_000;
/** What the server takes as an answer to a press, in characters. */
const answerCharsMax = 200;

/** What a press came to: a word for the presser, and what the message says from now on. */
interface Outcome {
  readonly toast?: string;
  readonly text?: string;
  readonly buttons?: Buttons;
}

/**
 * What people press under the bot's messages. A press is an operation of the presser's own, so that forged data leads no
 * further than what its sender may do anyway. Each is answered once, or the app would show it as waiting; one that comes
 * twice, or late, finds its effect there.
 */
export class Presses {
  readonly #options: PressesOptions;
  /** Presses that took long, since the start. */
  #long = 0;

  constructor(options: PressesOptions) {
    this.#options = options;
  }

  /**
   * Does what a press asks for. Resolves when that is done and told of, or, where it takes long, while it goes on. Rejects
   * with the signal's reason.
   */
  async take(query: CallbackQuery, principal: Principal, signal: AbortSignal): Promise<void> {
    const { supervisor, clock } = this.#options;
    const work = this.#take(query, principal, signal);
    if (await settlesWithin(work, doneMsMax, clock)) return;
    this.#long += 1;
    supervisor.task(`press ${this.#long}`, () => work);
  }

  async #take(query: CallbackQuery, principal: Principal, signal: AbortSignal): Promise<void> {
    const outcome = await this.#do(query, principal);
    const within = AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]);
    try {
      await Promise.all([this.#answer(query, outcome, within), this.#show(query, outcome, within)]);
    } catch {
      // Too late to be of use; what was asked for is done.
      signal.throwIfAborted();
    }
  }

  async #do(query: CallbackQuery, principal: Principal): Promise<Outcome> {
    const { language } = this.#options;
    const pressed = readPressed(query.data ?? "");
    if (pressed === undefined) return { toast: channelWords.oldButton[language] };
    if (pressed.kind === "stop") return this.#stop(pressed.run, principal);
    if (pressed.user !== query.from.id) return { toast: channelWords.othersButton[language] };
    return this.#command(pressed, query, principal);
  }

  async #stop(run: string, principal: Principal): Promise<Outcome> {
    const { operations, language } = this.#options;
    const reply = await operations.perform(principal, { route: "cancelRun", params: { id: run } });
    const isStopped = reply.kind === "json" && Run.parse(reply.body).status === "cancelled";
    return { toast: channelWords[isStopped ? "stopped" : "nothingToStop"][language] };
  }

  async #command(
    { kind, user, what }: Pressed & { readonly kind: "mode" | "forget" },
    { id, message }: CallbackQuery,
    principal: Principal,
  ): Promise<Outcome> {
    const { operations, language } = this.#options;
    // Without its message nobody knows which conversation the button stood in.
    if (message === undefined || message.date === 0)
      return { toast: channelWords.oldButton[language] };
    const conversation = conversationOf(placeOf(message));
    const args = kind === "mode" ? { mode: what } : { what };
    const reply = await operations.perform(principal, {
      route: "runCommand",
      body: { command: kind, args, conversation },
      idempotencyKey: `press/${id}`,
    });
    if (reply.kind === "problem")
      return { toast: problemInWords(reply.problem, language), buttons: [] };
    if (reply.kind !== "json") throw new Error("a command was answered with a stream");
    const { text, data } = CommandResult.parse(reply.body);
    const modes = (): Promise<readonly string[]> => operations.modes(principal);
    return { text, buttons: await buttonsUnder(kind, data, { user, language, modes }) };
  }

  async #answer({ id }: CallbackQuery, { toast }: Outcome, signal: AbortSignal): Promise<void> {
    const more = toast === undefined ? {} : { text: await this.#checked(toast) };
    // Too old a press is refused, and nobody waits for its answer any more.
    await this.#options
      .client()
      .call((api, polyfill) => api.answerCallbackQuery(id, more, polyfill), signal);
  }

  async #checked(toast: string): Promise<string> {
    const { checked } = await this.#options.exit.check({ text: toast, styles: [] });
    return Array.from(checked.text).slice(0, answerCharsMax).join("");
  }

  /** Puts what came of it in the message's place. A message that is not at hand any more stays as it is. */
  async #show(
    { message }: CallbackQuery,
    { text, buttons }: Outcome,
    signal: AbortSignal,
  ): Promise<void> {
    if (message === undefined || buttons === undefined || !("text" in message)) return;
    const { exit, door } = this.#options;
    const { checked } = await exit.check({ text: text ?? message.text ?? "", styles: [] });
    await door.fill(placeOf(message), message.message_id, { said: checked, buttons }, signal);
  }
}
