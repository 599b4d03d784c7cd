import { type Bilingual, Problem, Self } from "@adyton/protocol";
import * as z from "zod";
import {
  type Admitted,
  channelPrincipal,
  type ChannelUser,
  channelUser,
} from "../../app/channels/channel-principals.ts";
import { type FollowedRun, type RunWords, Undeliverable } from "../../app/channels/delivery.ts";
import { readText } from "../../domain/commands/command-text.ts";
import type { Buttons, DeliveriesPort } from "../../ports/channel.ts";
import type { Principal, Reply } from "../../ports/http.ts";
import type { Operations } from "../../ports/operations.ts";
import type { Clock } from "@adyton/runtime/clock";
import { Answer, remarkOn } from "./answer-end.ts";
import type { Perform } from "./ask-node.ts";
import { buttonsUnder, draftIdOf } from "./keyboards.ts";
import { problemInWords } from "./problem-in-words.ts";

export interface BotOperationsOptions {
  readonly operations: Operations;
  readonly admitted: Admitted;
  readonly language: keyof Bilingual;
  readonly clock: Clock;
}

/** Streams are a bounded number; so often an answer that finds none free looks again. */
const placeWaitMs = 500;

const channelName = "telegram";
const Text = z.object({ text: z.string() });

/** The node's operations as the bot uses them: in the name of whoever wrote or pressed something. */
export class BotOperations {
  readonly #options: BotOperationsOptions;

  constructor(options: BotOperationsOptions) {
    this.#options = options;
  }

  /** Who a messenger's user is; `undefined` for everybody who is not admitted. */
  principal(user: ChannelUser): Principal | undefined {
    return channelPrincipal(channelName, user, this.#options.admitted);
  }

  /** Who may still speak of an id in the journal. */
  principalOf(actor: string): Principal | undefined {
    const user = channelUser(channelName, actor);
    return user === undefined ? undefined : this.principal(user);
  }

  readonly perform: Perform = (principal, request) =>
    this.#options.operations.perform({
      params: {},
      query: {},
      body: undefined,
      rest: {},
      bytes: 0,
      wantsStream: false,
      signal: new AbortController().signal,
      speaker: { principal, byToken: true },
      ...request,
    });

  /** The modes that somebody may use. */
  async modes(principal: Principal): Promise<readonly string[]> {
    const reply = await this.perform(principal, { route: "getSelf" });
    return reply.kind === "json" ? Self.parse(reply.body).modes.map(({ id }) => id) : [];
  }

  /** The buttons under what a principal's command said, by its result; none where a text is no command. */
  async buttons(text: string, data: unknown, principal: Principal): Promise<Buttons> {
    const read = readText(text);
    const { user } = channelUser(channelName, principal.id) ?? {};
    if (read.kind !== "command" || user === undefined) return [];
    const modes = (): Promise<readonly string[]> => this.modes(principal);
    return buttonsUnder(read.command, data, { user, language: this.#options.language, modes });
  }

  /** Cancels the run whose draft somebody stopped, if the reply to that person is still owed. */
  async stopDraft(draft: number, principal: Principal, owed: DeliveriesPort): Promise<void> {
    const { run } =
      owed
        .deliveries(channelName)
        .find(
          (each) =>
            each.actor === principal.id && each.run !== null && draftIdOf(each.run) === draft,
        ) ?? {};
    if (run !== undefined && run !== null)
      await this.perform(principal, { route: "cancelRun", params: { id: run } });
  }

  /**
   * The words of a run's end; until then, each time it has grown, the text so far. Throws `Undeliverable`; rejects
   * with the signal's reason.
   */
  async endOf({ run, actor, onGrown }: FollowedRun, signal: AbortSignal): Promise<RunWords> {
    const { language } = this.#options;
    const principal = this.principalOf(actor);
    if (principal === undefined) throw new Undeliverable("not_admitted", "the asker is sent away");
    const reply = await this.#follow(run, principal, signal);
    if (reply.kind === "problem") return { text: problemInWords(reply.problem, language) };
    if (reply.kind !== "stream") throw new Error("a run cannot be followed");
    let end: RunWords = { text: "" };
    let grown = "";
    await reply.write({
      signal,
      drained: () => Promise.resolve(),
      send: ({ event, data }) => {
        if (event === "delta" || event === "restart") {
          grown = event === "delta" ? grown + Text.parse(data).text : "";
          onGrown(grown);
        }
        if (event === "answer") {
          const { text, finish } = Answer.parse(data);
          end = { text, remark: remarkOn(finish, language) };
        }
        if (event === "problem") end = { text: problemInWords(Problem.parse(data), language) };
        return true;
      },
    });
    signal.throwIfAborted();
    return end;
  }

  /** Cancels a run of somebody's, and waits for its end. */
  async cancel(run: string, actor: string): Promise<void> {
    const principal = this.principalOf(actor);
    if (principal === undefined) return;
    await this.perform(principal, { route: "cancelRun", params: { id: run } });
  }

  /** Waits for a place among the streams: that there is none now is no end of the run. */
  async #follow(run: string, principal: Principal, signal: AbortSignal): Promise<Reply> {
    const request = { route: "followRun", params: { id: run }, wantsStream: true, signal } as const;
    for (;;) {
      const reply = await this.perform(principal, request);
      if (reply.kind !== "problem" || reply.problem.code !== "busy") return reply;
      await this.#options.clock.sleep(placeWaitMs, signal);
    }
  }
}
