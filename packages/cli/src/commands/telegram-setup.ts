import { resolve } from "node:path";
import {
  type Blocked,
  type Bot,
  type Claim,
  newPairingCode,
  type Sender,
  TelegramSetup,
} from "@adyton/core/telegram-setup";
import type { Language } from "@adyton/runtime/language";
import { systemClock } from "@adyton/runtime/clock";
import { parseDuration } from "@adyton/runtime/duration";
import { Secret, SecretError } from "@adyton/runtime/secret";
import { Failure } from "../failure.ts";
import { readHiddenLine } from "../hidden-line.ts";
import { readRunFile } from "../node-address.ts";
import type { Invocation, Shell } from "../shell.ts";
import { untilSignal } from "../signals.ts";
import { spelling } from "../spelling.ts";
import { isPiped, readStandardInput } from "../standard-input.ts";
import {
  type BotSettings,
  type GivenSettings,
  readBotSettings,
  saveBotSettings,
} from "../telegram-settings.ts";
import { plainLine } from "../terminal-text.ts";
import { loadTexts } from "../texts/translate.ts";

const inputBytesMax = 4_096;
const codeMsDefault = 600_000;
const codeMsMax = 3_600_000;
const shownEveryMs = 1_000;
/** As BotFather gives them; anything else is a mistake that can be told without asking anybody. */
const tokenPattern = /^\d{3,20}:[\w-]{30,100}$/;

/** What the steps of one setup share. */
interface Setup {
  readonly shell: Shell;
  readonly signal: AbortSignal;
  readonly telegram: TelegramSetup;
  readonly settings: BotSettings;
}

/** `telegram setup`: from a bot's token to a bot that knows its owner. Nothing is written before the owner is known. */
export async function telegramSetup(given: Shell, { options }: Invocation): Promise<number> {
  const beganMs = performance.now();
  const shell = await inLanguage(given, options.text("lang"), options.text("home"));
  const { print, t } = shell;
  const asked = {
    apiRoot: options.text("api-root"),
    proxy: options.text("proxy"),
    proxyLoginFile: options.text("proxy-login-file"),
  };
  const settled = readBotSettings(shell, asked);
  const codeMs = codeMsOf(options.text("expires"), shell);
  const stopping = new AbortController();
  void untilSignal().then(() => stopping.abort());
  const { signal } = stopping;
  try {
    const way = { file: options.text("token-file"), asked, settled, signal };
    const { token, file, bot, settings } = await findBot(shell, way);
    using telegram = new TelegramSetup({ token, ...settings.server });
    const setup: Setup = { shell, signal, telegram, settings };
    await removeWebhook(setup, options.flag("yes"));
    const owner = await findOwner(setup, bot, codeMs);
    const saved = { token, file, owner: owner.id };
    const { tokenFile, others } = await saveBotSettings(shell, settings, saved);
    await telegram.answer(owner, await greeting(owner), signal);
    const restart = readRunFile(shell.home) !== undefined;
    const seconds = Math.round((performance.now() - beganMs) / 1_000);
    if (print.json)
      print.value({
        owner: owner.id,
        others,
        bot,
        config: settings.file,
        tokenFile,
        restart,
        seconds,
      });
    else {
      print.line(t("telegram.owner", { name: plainLine(owner.name), id: owner.id }));
      if (others.length > 0) print.line(t("telegram.others", { ids: others.join(", ") }));
      print.line(t("telegram.saved", { file: settings.file, seconds }));
      print.line(t(restart ? "telegram.restart" : "telegram.start"));
    }
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Failure("failed", { title: t("telegram.stopped"), cause: error });
  }
}

/** `--lang` is for whoever helps somebody with another language. */
async function inLanguage(
  shell: Shell,
  wanted: string | undefined,
  home: string | undefined,
): Promise<Shell> {
  if (wanted === undefined) return shell;
  if (wanted !== "en" && wanted !== "ru")
    throw new Failure("usage", { title: shell.t("telegram.bad_language") });
  const t = (await loadTexts(wanted))(spelling(shell.env, home));
  return { ...shell, language: wanted, t };
}

function codeMsOf(text: string | undefined, { t }: Shell): number {
  if (text === undefined) return codeMsDefault;
  const duration = parseDuration(text);
  if (duration.kind === "ok" && duration.value > 0 && duration.value <= codeMsMax)
    return duration.value;
  throw new Failure("usage", { title: t("telegram.bad_expiry", { found: plainLine(text) }) });
}

/** A token that is none, or none of a bot. */
class WrongToken extends Failure {}

/** The bot, its token, and the way to it. A person at a terminal may mistype the token, and is asked for it again. */
async function findBot(
  shell: Shell,
  { file: given, ...way }: Omit<Way, "token"> & { readonly file: string | undefined },
) {
  const { print } = shell;
  const isAsked = given === undefined && process.stdin.isTTY && !print.json;
  for (;;)
    try {
      const { token, file } = await askForToken(shell, given, way.signal);
      return { token, file, ...(await reach(shell, { ...way, token })) };
    } catch (error) {
      if (!isAsked || !(error instanceof WrongToken)) throw error;
      print.note(error.message);
    }
}

/** The token, and the file it is in already, if it is in one. */
async function askForToken(shell: Shell, file: string | undefined, signal: AbortSignal) {
  const { t } = shell;
  if (file !== undefined) {
    try {
      return { token: sound(Secret.fromFile(file).reveal(), shell), file: resolve(file) };
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      throw new Failure("failed", {
        title: error.message,
        ...(error.code === "unreadable" ? { advice: t("telegram.token_file") } : {}),
        cause: error,
      });
    }
  }
  return { token: sound(await readToken(shell, signal), shell), file: undefined };

  async function readToken({ print }: Shell, until: AbortSignal): Promise<string> {
    if (isPiped()) {
      const input = await readStandardInput(inputBytesMax);
      return input.kind === "text" ? input.text : "";
    }
    const { stdin, stderr } = process;
    if (!stdin.isTTY)
      throw new Failure("usage", {
        title: t("telegram.needs_token"),
        advice: t("telegram.token_file"),
      });
    print.note(t("telegram.make_bot"));
    return (
      (await readHiddenLine(t("telegram.ask_token"), { input: stdin, output: stderr }, until)) ?? ""
    );
  }
}

function sound(text: string, { t }: Shell): Secret {
  const token = text.trim();
  if (tokenPattern.test(token)) return new Secret(token);
  const parts = { title: t("telegram.no_token"), advice: t("telegram.make_bot") };
  // Whoever enters nothing wants to stop.
  throw token === "" ? new Failure("failed", parts) : new WrongToken("failed", parts);
}

interface Way {
  readonly token: Secret;
  readonly asked: GivenSettings;
  readonly settled: BotSettings;
  readonly signal: AbortSignal;
}

/** Reaches the bot; where the way is blocked, a person at a terminal may name a proxy and try again. */
async function reach(
  shell: Shell,
  given: Way,
): Promise<{ readonly bot: Bot; readonly settings: BotSettings }> {
  const { print, t } = shell;
  const { token, asked, signal } = given;
  for (let settings = given.settled; ;) {
    using telegram = new TelegramSetup({ token, ...settings.server });
    const reached = await tryToReach(shell, telegram, settings, signal);
    if (reached.kind === "reached") {
      if (!print.json) print.line(t("telegram.reached", { bot: reached.bot.username }));
      return { bot: reached.bot, settings };
    }
    const failure = obstacle(reached, shell, settings);
    if (settings.page !== undefined || !blockedWays.has(reached.obstacle)) throw failure;
    print.note(failure.message);
    const proxy = await askForProxy(shell, signal);
    if (proxy === "") throw failure;
    settings = readBotSettings(shell, { ...asked, proxy });
  }
}

/** What another way may lead around. */
const blockedWays: ReadonlySet<Blocked["obstacle"]> = new Set([
  "dns",
  "refused",
  "blocked",
  "strange",
  "proxy_away",
  "proxy_refuses",
]);

async function tryToReach(
  { print, t }: Shell,
  telegram: TelegramSetup,
  { host }: BotSettings,
  signal: AbortSignal,
): ReturnType<TelegramSetup["reach"]> {
  using progress = print.progress();
  progress.update(t("telegram.reaching", { server: host }));
  return await telegram.reach(signal);
}

/** A proxy's address, or nothing. */
async function askForProxy({ t, print }: Shell, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY || print.json) return "";
  return (await askLine(t("telegram.ask_proxy"), signal)).trim();
}

function obstacle({ obstacle: name, words }: Blocked, { t }: Shell, { host, page }: BotSettings) {
  // An emulator that does not run has no way that could be blocked.
  const isMissing = page !== undefined && name === "refused";
  const Kind = name === "token" ? WrongToken : Failure;
  return new Kind("failed", {
    title: t(`telegram.blocked.${name}`, { server: host }),
    detail: name === "token" ? undefined : plainLine(words),
    advice: t(isMissing ? "telegram.advice.emulator" : `telegram.advice.${name}`),
    data: { code: `telegram_${name}`, title: t(`telegram.blocked.${name}`, { server: host }) },
  });
}

/** A web address that gets the bot's messages is another program's: it goes only with its owner's word. */
async function removeWebhook(setup: Setup, isSure: boolean): Promise<void> {
  const { telegram, signal, shell, settings } = setup;
  if (!(await telegram.hasWebhook(signal))) return;
  const isMeant = isSure || (await confirm(shell, signal));
  if (!isMeant || !(await telegram.dropWebhook(signal)))
    throw obstacle({ kind: "blocked", obstacle: "webhook", words: "" }, shell, settings);
}

async function confirm({ t, print }: Shell, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || print.json) return false;
  const said = await askLine(t("telegram.drop_webhook"), signal);
  return /^(?:y|yes|д|да)$/i.test(said.trim());
}

async function askLine(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
}

/** Shows the code and waits for whoever sends it to the bot. */
async function findOwner(setup: Setup, bot: Bot, expiresMs: number): Promise<Sender> {
  const { shell, telegram, settings, signal } = setup;
  const { print, t } = shell;
  const code = newPairingCode();
  const expiresAt = new Date(Date.now() + expiresMs).toISOString();
  // The code lives as long as this process at most, so what is left of its time is told by the clock that never jumps.
  const endMs = systemClock.monotonicMs() + expiresMs;
  const link = settings.page ?? `https://t.me/${bot.username}?start=${code}`;
  if (print.json) print.value({ code, link, bot, expiresAt });
  else {
    print.line();
    print.line(t("telegram.send_code"));
    print.line();
    print.line(`    ${print.paint("bold", code)}`);
    print.line();
    const key = settings.page === undefined ? "telegram.link" : "telegram.page";
    print.line(t(key, { link: print.paint("cyan", link) }));
  }
  using progress = print.progress();
  let trouble = "";
  const show = (): void => {
    const left = Math.max(0, Math.round((endMs - systemClock.monotonicMs()) / 1_000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    progress.update(t("telegram.waiting", { time }) + trouble);
  };
  const timer = setInterval(show, shownEveryMs);
  const onTrouble = (blocked: Blocked | undefined): void => {
    trouble = blocked === undefined ? "" : ` (${plainLine(blocked.words)})`;
  };
  let claim: Claim;
  try {
    show();
    claim = await telegram.claim({ code, expiresMs, onTrouble }, signal);
  } finally {
    clearInterval(timer);
  }
  if (claim.kind === "claimed") return claim.sender;
  if (claim.kind === "blocked") throw obstacle(claim, shell, settings);
  throw new Failure("failed", {
    title: t("telegram.expired"),
    advice: t("telegram.again"),
    data: { code: "telegram_expired", title: t("telegram.expired") },
  });
}

/** In the language of his app. */
async function greeting({ language }: { readonly language: Language }): Promise<string> {
  return (await loadTexts(language))(spelling({}))("telegram.welcome");
}
