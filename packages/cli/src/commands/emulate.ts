import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  defaultModels,
  describeEmulator,
  EmulatorError,
  keptCertificate,
  parsePersona,
  personaExamples,
  personaKinds,
  pageVisitor,
  startOpenAiEmulator,
  startTelegramEmulator,
} from "@adyton/emulators";
import { ensurePrivateFolder, writeFileAtomic } from "@adyton/runtime/atomic-file";
import { Secret, SecretError } from "@adyton/runtime/secret";
import { Failure } from "../failure.ts";
import { untilSignal } from "../signals.ts";
import type { Invocation, Shell } from "../shell.ts";

const tokenDelayMsMax = 600_000;
const portMax = 65_535;
/** What a relay's target and TLS are given: a name, which no address is. */
const tlsHost = "localhost";

/** `emulate openai`: a scripted model server in this process, until it is stopped. */
export async function emulateOpenai(shell: Shell, { options }: Invocation): Promise<number> {
  const { print, t, port, language } = shell;
  const tokenDelayMs = options.whole("token-delay", { min: 0, max: tokenDelayMsMax }) ?? 0;
  const name = options.text("persona");
  const persona = name === undefined ? null : parsePersona(name);
  if (name !== undefined && persona === null) throw badPersona(name, t);
  const model = options.text("model");
  const models = defaultModels.map((each) =>
    model !== undefined && each.kind === "chat" ? { ...each, id: model } : each,
  );
  try {
    await using emulator = await startOpenAiEmulator({
      models,
      persona,
      tokenDelayMs,
      ...(port === undefined ? {} : { port }),
    });
    if (print.json)
      print.value({ url: emulator.url, port: emulator.port, models: emulator.models });
    else {
      print.line(describeEmulator(emulator, language));
      print.line();
      print.line(t("emulate.next", { url: emulator.url }));
      print.line(t("emulate.end"));
    }
    await untilSignal();
    return 0;
  } catch (error) {
    throw asFailure(error);
  }
}

/** `emulate telegram`: a Telegram for one bot, with a page to chat with it, until it is stopped. */
export async function emulateTelegram(
  { print, t, port, home }: Shell,
  { options }: Invocation,
): Promise<number> {
  const tlsPort = options.whole("tls-port", { min: 0, max: portMax });
  try {
    const folder = await ensurePrivateFolder(home);
    if (folder.kind === "refused") throw new Failure("failed", { title: folder.message });
    const file = join(home, "telegram-emulated.token");
    const certificate =
      tlsPort === undefined ? undefined : keptCertificate(home, "telegram-emulated", tlsHost);
    if (certificate?.unusable !== undefined)
      print.note(t("emulate.certificate_anew", { file: certificate.unusable }), "yellow");
    await using emulator = await startTelegramEmulator({
      ...(existsSync(file) ? { token: Secret.fromFile(file).reveal() } : {}),
      // The node knows the updates it has had, also those of an emulator that ran here before.
      firstUpdateId: Date.now(),
      ...(port === undefined ? {} : { port }),
      ...(certificate === undefined ? {} : { tls: { ...certificate, port: tlsPort ?? 0 } }),
    });
    await writeFileAtomic(file, `${emulator.token}\n`, { mode: 0o600 });
    const { plainRoot: apiRoot } = emulator;
    const tls =
      certificate === undefined
        ? undefined
        : { root: `https://${tlsHost}:${emulator.port}`, certificate: certificate.file };
    if (print.json) print.value({ apiRoot, tokenFile: file, visitor: pageVisitor.id, tls });
    else {
      print.line(t("emulate.telegram", { page: print.paint("bold", `${apiRoot}/`) }));
      print.line();
      print.line(t("emulate.telegram_next", { apiRoot, file }));
      if (tls !== undefined) print.line(t("emulate.telegram_tls", tls));
      print.line(t("emulate.end"));
    }
    await untilSignal();
    return 0;
  } catch (error) {
    throw asFailure(error);
  }
}

function badPersona(name: string, t: Shell["t"]): Failure {
  const kind = name.split("(", 1)[0]?.trim() ?? "";
  const example = personaExamples[kind];
  if (example !== undefined)
    return new Failure("usage", {
      title: t("emulate.persona_number", { name: kind }),
      advice: t("emulate.persona_example", { example }),
    });
  return new Failure("usage", {
    title: t("emulate.bad_persona", { name }),
    advice: t("emulate.personas", { personas: personaKinds.join(", ") }),
  });
}

function asFailure(error: unknown): unknown {
  return error instanceof EmulatorError || error instanceof SecretError
    ? new Failure("failed", { title: error.message })
    : error;
}
