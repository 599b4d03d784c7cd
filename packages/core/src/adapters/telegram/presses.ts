import { type Bilingual, Run } from "@adyton/protocol";
import type { CallbackQuery } from "grammy/types";
import type { Principal, Reply } from "../../ports/http.ts";
import type { OperationRequest } from "../../ports/operations.ts";
import { channelWords } from "./channel-words.ts";
import { type Pressed, readPressed } from "./keyboards.ts";
import type { TelegramClient } from "./telegram-client.ts";

/** An operation of somebody's, as the bot asks for it. */
export type Perform = (
  principal: Principal,
  request: Pick<OperationRequest, "route"> & Partial<OperationRequest>,
) => Promise<Reply>;

export interface PressesOptions {
  readonly client: () => TelegramClient;
  readonly perform: Perform;
  readonly language: keyof Bilingual;
}

/** What is said of a press is of use for moments; a server that is slower than this is not waited for. */
const answerMsMax = 5_000;

/**
 * What people press under the bot's messages. A press is an operation of the presser's own, so that forged data leads no
 * further than what its sender may do anyway. Each is answered once, or the app would show it as waiting; one that comes
 * twice, or late, finds its effect there.
 */
export class Presses {
  readonly #options: PressesOptions;

  constructor(options: PressesOptions) {
    this.#options = options;
  }

  /** Does what a press asks for, then tells of it. Rejects with the signal's reason. */
  async take(
    { id, data = "" }: CallbackQuery,
    principal: Principal,
    signal: AbortSignal,
  ): Promise<void> {
    const pressed = readPressed(data);
    const words =
      pressed === undefined ? channelWords.oldButton : await this.#do(pressed, principal);
    const text = words[this.#options.language];
    const timeout = AbortSignal.timeout(answerMsMax);
    try {
      // Too old a press is refused, and nobody waits for its answer any more.
      await this.#options
        .client()
        .call(
          (api, polyfill) => api.answerCallbackQuery(id, { text }, polyfill),
          AbortSignal.any([signal, timeout]),
        );
    } catch {
      signal.throwIfAborted();
    }
  }

  async #do({ run }: Pressed, principal: Principal): Promise<Bilingual> {
    const reply = await this.#options.perform(principal, {
      route: "cancelRun",
      params: { id: run },
    });
    const isStopped = reply.kind === "json" && Run.parse(reply.body).status === "cancelled";
    return isStopped ? channelWords.stopped : channelWords.nothingToStop;
  }
}
