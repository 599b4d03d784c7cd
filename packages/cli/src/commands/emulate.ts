import {
  defaultModels,
  describeEmulator,
  EmulatorError,
  parsePersona,
  personaKinds,
  startOpenAiEmulator,
} from "@adyton/emulators";
import { Failure } from "../failure.ts";
import { untilSignal } from "../signals.ts";
import type { Invocation, Shell } from "../shell.ts";

const tokenDelayMsMax = 600_000;

/** `emulate openai`: a scripted model server in this process, until it is stopped. */
export async function emulateOpenai(shell: Shell, { options }: Invocation): Promise<number> {
  const { print, t, port } = shell;
  const tokenDelayMs = options.whole("token-delay", { min: 0, max: tokenDelayMsMax }) ?? 0;
  const name = options.text("persona");
  const persona = name === undefined ? null : parsePersona(name);
  if (name !== undefined && persona === null)
    throw new Failure("usage", {
      title: t("emulate.bad_persona", { name }),
      advice: t("emulate.personas", { personas: personaKinds.join(", ") }),
    });
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
      print.line(describeEmulator(emulator));
      print.line();
      print.line(t("emulate.next", { url: emulator.url }));
    }
    await untilSignal();
    return 0;
  } catch (error) {
    if (error instanceof EmulatorError) throw new Failure("failed", { title: error.message });
    throw error;
  }
}
