import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { LookupFunction } from "node:net";
import type { AllowedAddresses } from "../allowed-addresses.ts";
import type { CallFaults } from "./call-faults.ts";

/** What the node asks for: a method with its body, or a file. */
export type BotRequest =
  | {
      readonly kind: "method";
      readonly name: string;
      readonly contentType: string;
      readonly body: Buffer;
    }
  | { readonly kind: "file"; readonly path: string };

export interface BotApiOptions {
  /** `https://api.telegram.org`. */
  readonly apiRoot: URL;
  /** Read again after a refusal: a token may have been changed. Throws when the file cannot be read. */
  readonly readToken: () => { reveal(): string };
  readonly addresses: AllowedAddresses;
  /** Told of calls that come to nothing. */
  readonly faults: Pick<CallFaults, "failed" | "answered">;
}

const socketsMax = 64;
const keepAliveMsecs = 5_000;
/** A server that says nothing for so long is gone: a poll without news is answered after 50 seconds. */
const silenceMsMax = 70_000;
const unauthorized = 401;

/** The Bot API for the one bot whose token the relay has. */
export class BotApi implements Disposable {
  readonly #options: BotApiOptions;
  readonly #agent: Agent;
  #token: { reveal(): string };

  /** Throws what `readToken` throws. */
  constructor(options: BotApiOptions) {
    this.#options = options;
    this.#token = options.readToken();
    const { hostname } = options.apiRoot;
    const lookup: LookupFunction = (_host, _options, found) => {
      options.addresses.of(hostname).then(
        (list) => found(null, list),
        (error: unknown) => found(error instanceof Error ? error : new Error("no address"), []),
      );
    };
    this.#agent = new Agent({ keepAlive: true, keepAliveMsecs, maxSockets: socketsMax, lookup });
  }

  /** Resolves with the head of the answer. Rejects with the system's error, or when the signal aborts. */
  async ask(wanted: BotRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const isMethod = wanted.kind === "method";
    const asked = request(this.#address(wanted), {
      agent: this.#agent,
      method: isMethod ? "POST" : "GET",
      headers: isMethod
        ? { "content-type": wanted.contentType, "content-length": wanted.body.length }
        : {},
      timeout: silenceMsMax,
      signal,
    });
    asked.once("response", resolve);
    asked.on("error", (error) => {
      if (!signal.aborted) this.#options.faults.failed(error);
      reject(error);
    });
    asked.once("timeout", () => asked.destroy(new SilenceError()));
    asked.end(isMethod ? wanted.body : undefined);
    const answer = await promise;
    this.#options.faults.answered(wanted, answer.statusCode);
    if (answer.statusCode === unauthorized) this.#readAgain();
    return answer;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #address(wanted: BotRequest): URL {
    const { apiRoot } = this.#options;
    const bot = `bot${this.#token.reveal()}`;
    const path = wanted.kind === "method" ? `${bot}/${wanted.name}` : `file/${bot}/${wanted.path}`;
    return new URL(`${apiRoot.pathname.replace(/\/$/, "")}/${path}`, apiRoot);
  }

  #readAgain(): void {
    try {
      this.#token = this.#options.readToken();
    } catch {
      // The file cannot be read now; the old token is tried again.
    }
  }
}

class SilenceError extends Error {
  readonly code = "ETIMEDOUT";
}
