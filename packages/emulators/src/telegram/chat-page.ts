import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { readBody } from "../exchange.ts";
import type { BotState } from "./bot-state.ts";
import { type ChatMessage, fieldsOf } from "./chat-store.ts";
import { EmulatedPerson, type SayOptions } from "./emulated-person.ts";

const page = join(import.meta.dirname, "chat-page.html");
const actionShownMs = 5_000;
/** The person who sits at the page, and speaks the language of its browser. At `/?as=2` sits another one, and so on. */
export const pageVisitor = { id: 1_000_001, firstName: "You" };
const visitorsMax = 99;

/** Whom the page names as the author of what is forwarded. */
const author = "Somebody else";

/** A page on which a person chats with the bot by hand. */
export class ChatPage {
  readonly #state: BotState;

  constructor(state: BotState) {
    this.#state = state;
  }

  async serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    // Another site's page must not write here in the visitor's name.
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none")
      return plain(response, 403, "only this page itself may ask");
    const route = `${request.method} ${url.pathname}`;
    if (route === "GET /") return this.#html(response);
    const visitor = this.#visitor(url.searchParams.get("as") ?? "1", languageOf(request));
    if (visitor === undefined) return plain(response, 404, `?as= takes 1 to ${visitorsMax}`);
    if (route === "GET /chat/events") return this.#follow(visitor, response);
    if (route !== "POST /chat") return plain(response, 404, "there is no such page here");
    const body = await readBody(request);
    if (body.kind !== "read") return plain(response, 413, "too large");
    this.#act(visitor, JSON.parse(body.bytes.toString()));
    plain(response, 200, "ok");
  }

  #html(response: ServerResponse): void {
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    });
    response.end(readFileSync(page));
  }

  #visitor(as: string, language: string): EmulatedPerson | undefined {
    const place = /^\d{1,2}$/u.test(as) ? Number(as) : 0;
    if (place === 0) return undefined;
    const firstName = place === 1 ? pageVisitor.firstName : `Person ${place}`;
    return new EmulatedPerson(this.#state, {
      id: pageVisitor.id - 1 + place,
      firstName,
      language,
    });
  }

  #act(person: EmulatedPerson, said: unknown): void {
    const { text, message: id, data, file, isForwarded, replyTo } = fieldsOf(said);
    const words = typeof text === "string" && text.trim() !== "" ? text : "";
    const origin = {
      type: "hidden_user",
      date: Math.floor(this.#state.now() / 1_000),
      sender_user_name: author,
    };
    const options: SayOptions = {
      ...(typeof replyTo === "number" ? { replyTo } : {}),
      ...(isForwarded === true ? { extra: { forward_origin: origin } } : {}),
    };
    const { name, mediaType, data: base64 } = fieldsOf(file);
    if (typeof name === "string" && typeof mediaType === "string" && typeof base64 === "string") {
      const field = mediaType.startsWith("image/") ? "photo" : "document";
      const bytes = Buffer.from(base64, "base64");
      person.sendFile(field, { name, mediaType, bytes }, words, options);
    } else if (words !== "") person.say(words, options);
    const message = this.#state.chats.find(person.chat.id, id);
    if (message !== undefined && typeof data === "string") person.press(message, data);
  }

  #follow(person: EmulatedPerson, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const show = (): void => void response.write(`data: ${JSON.stringify(this.#view(person))}\n\n`);
    const stop = this.#state.onChange(show);
    // What a bot shows as "typing" goes by itself after five seconds.
    const timer = setInterval(show, actionShownMs);
    response.once("close", () => {
      clearInterval(timer);
      stop();
    });
    show();
  }

  #view({ chat, messages }: EmulatedPerson): object {
    const action = this.#state.actions.get(chat.id);
    const isShown = action !== undefined && this.#state.now() - action.atMs < actionShownMs;
    return {
      bot: this.#state.bot.firstName,
      action: isShown ? action.action : null,
      draft: this.#state.drafts.get(chat.id)?.text ?? null,
      messages: messages.map(
        ({ id, isBots, text, entities, markup, editedMs, extra, replyTo }) => ({
          id,
          isBots,
          text,
          entities,
          buttons: markup?.inline_keyboard ?? [],
          edited: editedMs !== undefined,
          extra: carriedBy(extra),
          quoted: this.#state.chats.find(chat.id, replyTo)?.text ?? null,
        }),
      ),
    };
  }
}

/** The first language that a browser asks for. */
function languageOf({ headers }: IncomingMessage): string {
  return /^[a-z]{2,3}\b/iu.exec(headers["accept-language"] ?? "")?.[0].toLowerCase() ?? "en";
}

/** What a message brings along, in words: a file by its name. */
function carriedBy(extra: ChatMessage["extra"]): string[] {
  return Object.entries(extra).map(([field, value]) => {
    const name = fieldsOf(value)["file_name"];
    if (field === "forward_origin") return "forwarded";
    return typeof name === "string" ? name : field;
  });
}

function plain(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(words);
}
