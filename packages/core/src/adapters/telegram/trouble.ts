import type { Bilingual } from "@adyton/protocol";
import type { ProxyCode } from "./proxy.ts";

/**
 * How a call failed. `unknown`: it may have had its effect. The words are the server's or the system's, never a token:
 * addresses of the Bot API hold one, so no address is passed on.
 */
export interface TelegramFailure {
  readonly kind: "refused" | "limited" | "unknown";
  readonly status: number;
  readonly retryAfterMs: number;
  readonly words: string;
}

/** What stands between this machine and the bot, as far as a failed call tells. */
export type Trouble =
  | "dns"
  | "refused"
  | "blocked"
  | "tls"
  | "relay"
  | "relay_range"
  | "strange"
  | "token"
  | "poller"
  | "webhook"
  | "busy"
  | "server"
  | "proxy_away"
  | "proxy_login"
  | "proxy_refuses"
  | "proxy_strange";

/** The link to the relay was cut for too long, or the relay was started anew: nobody knows what became of a call. */
export const lostCode = "RELAY_LOST";
/** Another node has the relay now. */
export const replacedCode = "RELAY_REPLACED";
/** A call that got no answer in time, as the system names it. */
export const timedOutCode = "ETIMEDOUT";
/** An answer that is not one of Telegram's. */
export const strangeCode = "STRANGE_ANSWER";
/** An answer over the limit. */
export const tooLargeCode = "ANSWER_TOO_LARGE";

/** Names what a failure means. Codes are those of Node's sockets (libuv), of OpenSSL, and ours above. */
export function troubleOf({ status, words }: Pick<TelegramFailure, "status" | "words">): Trouble {
  if (status === 0) return troubleOfCode(words);
  if (status === 401 || status === 404) return "token";
  if (status === 409) return /webhook/iu.test(words) ? "webhook" : "poller";
  return status === 429 ? "busy" : "server";
}

const proxyTroubles: Readonly<Record<string, Trouble>> = {
  PROXY_UNREACHABLE: "proxy_away",
  PROXY_LOGIN: "proxy_login",
  PROXY_REFUSED: "proxy_refuses",
  PROXY_STRANGE: "proxy_strange",
} satisfies Record<ProxyCode, Trouble>;

function troubleOfCode(code: string): Trouble {
  const ofProxy = Object.hasOwn(proxyTroubles, code) ? proxyTroubles[code] : undefined;
  if (ofProxy !== undefined) return ofProxy;
  if (/^(?:ENOTFOUND|EAI_\w+)$/u.test(code)) return "dns";
  if (code === "FOREIGN_ADDRESS") return "relay_range";
  if (code.startsWith("RELAY_")) return "relay";
  if (code === "ECONNREFUSED") return "refused";
  if (/^(?:ETIMEDOUT|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EPIPE)$/u.test(code)) return "blocked";
  if (/TLS|SSL|CERT|^(?:EPROTO|UNABLE_TO_\w+)$/u.test(code)) return "tls";
  return "strange";
}

/**
 * A failure for a person: one sentence, with the code in brackets for whoever looks it up. Never an address, but for the
 * relay's own where it is given.
 */
export function troubleWords(
  failure: Pick<TelegramFailure, "status" | "words">,
  relay?: string,
): Bilingual {
  const { status, words } = failure;
  // The words may be anybody's, "constructor" among them.
  const own = Object.hasOwn(relaySentences, words) ? relaySentences[words] : undefined;
  const { en, ru } = own ?? sentences[troubleOf(failure)];
  const code = status === 0 ? words : `${status} ${words}`;
  const at = relay === undefined ? "" : ` ${relay}`;
  return { en: `${en.replace("{at}", at)} (${code})`, ru: `${ru.replace("{at}", at)} (${code})` };
}

/** What a relay says, or does, to this node in particular. */
const relaySentences: Readonly<Record<string, Bilingual>> = {
  RELAY_KEY: {
    en: "the relay{at} has another key than this node",
    ru: "у ретранслятора{at} другой ключ, чем у этого узла",
  },
  RELAY_VERSION: {
    en: "the relay{at} is of another version than this node",
    ru: "ретранслятор{at} другой версии, чем этот узел",
  },
  [replacedCode]: {
    en: "another node with the same key has taken the relay{at}",
    ru: "ретранслятор{at} занял другой узел с тем же ключом",
  },
};

const sentences: Readonly<Record<Trouble, Bilingual>> = {
  dns: { en: "its name cannot be found", ru: "его имя не находится" },
  refused: { en: "the connection is refused", ru: "в соединении отказано" },
  blocked: { en: "it does not answer", ru: "он не отвечает" },
  tls: { en: "its certificate is wrong", ru: "у него неверный сертификат" },
  relay: { en: "the relay{at} does not answer", ru: "ретранслятор{at} не отвечает" },
  relay_range: {
    en: "its address lies outside the --range of the relay{at}",
    ru: "его адрес вне --range ретранслятора{at}",
  },
  strange: { en: "what answers is not Telegram", ru: "отвечает не Telegram" },
  token: { en: "it does not know the token", ru: "он не знает этого токена" },
  poller: {
    en: "another program receives this bot's messages",
    ru: "сообщения этого бота получает другая программа",
  },
  webhook: {
    en: "this bot's messages are sent to a web address (a webhook)",
    ru: "сообщения этого бота отправляются на веб-адрес (вебхук)",
  },
  busy: { en: "it asks to wait", ru: "он просит подождать" },
  proxy_away: { en: "the proxy does not answer", ru: "прокси не отвечает" },
  proxy_login: {
    en: "the proxy does not take the user and password",
    ru: "прокси не принимает имя и пароль",
  },
  proxy_refuses: {
    en: "the proxy does not connect to it",
    ru: "прокси с ним не соединяет",
  },
  proxy_strange: { en: "what answers is not a proxy of this kind", ru: "отвечает не такой прокси" },
  server: { en: "it answers with an error", ru: "он отвечает ошибкой" },
};
