import { resolve } from "node:path";
import {
  addModel,
  type AddStep,
  type AddedModel,
  dropModel,
  InstallError,
  listModels,
  ModelError,
  ModelFolderError,
  type ModelFile,
} from "@adyton/core/models";
import { readNodeConfig } from "../config-reading.ts";
import { exitCodes, Failure } from "../failure.ts";
import { localTime } from "../local-time.ts";
import { readRunFile } from "../node-address.ts";
import type { Cell } from "../printer.ts";
import type { Invocation, Shell } from "../shell.ts";
import { untilSignal } from "../signals.ts";
import { plainLine, plainText } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";

/** `model add FILE`: puts a model file among the node's, with the engine for it on first use. */
export async function modelAdd(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { home, print, t } = shell;
  const from = resolve(args[0] ?? "");
  const stopping = new AbortController();
  void untilSignal().then(() => stopping.abort());
  const { signal } = stopping;
  let added: AddedModel;
  {
    using progress = print.progress();
    const onStep = (step: AddStep): void => {
      const text = stepText(step, from, t);
      // The one step that takes a while and downloads is told in any case.
      if (step.kind === "installing") print.note(text);
      else progress.update(text);
    };
    try {
      added = await addModel({ home, from, name: options.text("name"), onStep, signal });
    } catch (error) {
      if (signal.aborted) throw new Failure("failed", { title: t("model.stopped"), cause: error });
      throw addFailure(error, shell, from);
    }
  }
  if (print.json) print.value({ how: added.how, ...shown(added.name, added.file) });
  else {
    const key = added.how === "there" ? "model.there" : "model.added";
    print.line(plainLine(t(key, { name: added.name, what: whatOf(added.file, t) })));
    print.note(nextText(shell, added.name));
  }
  return exitCodes.ok;
}

/** `model list`: the model files of the node, the newest first. */
export async function modelList(shell: Shell): Promise<number> {
  const { home, print, t } = shell;
  const models = await listModels(home);
  if (print.json)
    print.value({
      models: models.map(({ name, addedMs, file }) => ({
        ...shown(name, file),
        addedAt: new Date(addedMs).toISOString(),
      })),
    });
  else if (models.length === 0) print.line(t("model.none"));
  else
    print.table(
      [
        t("model.columns")
          .split("|")
          .map((text): Cell => ({ text, style: "bold" })),
        ...models.map(({ name, addedMs, file }): Cell[] => [
          { text: plainLine(name), style: "cyan" },
          ...(file === undefined
            ? [{ text: t("model.unusable"), style: "red" } as const, blank, blank, blank, blank]
            : [
                { text: plainLine(file.architecture) },
                { text: countText(file.parameters) },
                { text: file.quantisation },
                { text: String(file.contextTokens ?? "") },
                { text: sizeText(file.bytes) },
              ]),
          { text: localTime(new Date(addedMs).toISOString()), style: "dim" },
        ]),
      ],
      new Set([2, 4, 5]),
    );
  return exitCodes.ok;
}

/** `model remove NAME`: refused while the configuration names the model. */
export async function modelRemove(shell: Shell, { args }: Invocation): Promise<number> {
  const { home, print, t } = shell;
  const name = args[0] ?? "";
  const { outcome } = readNodeConfig(home);
  if (outcome.kind === "ok" && outcome.value.backends.some(({ embedded }) => embedded === name))
    throw new Failure("failed", { title: t("model.in_use", { name }) });
  let wasThere: boolean;
  try {
    wasThere = await dropModel(home, name);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    wasThere = false;
  }
  if (!wasThere)
    throw new Failure("failed", {
      title: t("model.unknown", { name: plainLine(name) }),
      advice: t("model.see_list"),
    });
  if (print.json) print.value({ removed: name });
  else {
    print.line(t("model.removed", { name }));
    if (readRunFile(home) !== undefined) print.note(t("model.still_used"));
  }
  return exitCodes.ok;
}

/** A model for a program; the name in its file is its title. */
function shown(name: string, file: ModelFile | undefined): object {
  if (file === undefined) return { name };
  const { name: title, ...rest } = file;
  return { ...rest, name, ...(title === undefined ? {} : { title }) };
}

const blank: Cell = { text: "" };

function stepText(step: AddStep, from: string, t: Translate): string {
  if (step.kind !== "copying") return t(`model.${step.kind}`, { file: plainLine(from) });
  const percent = Math.floor((step.done / step.total) * 100);
  return t("model.copying", { name: plainLine(from), percent });
}

function nextText({ home, t }: Shell, name: string): string {
  const { outcome } = readNodeConfig(home);
  const backends = outcome.kind === "ok" ? outcome.value.backends : [];
  const chat = backends.filter(({ roles }) => roles.includes("chat"));
  if (chat.length > 0 && !chat.some(({ embedded }) => embedded === name))
    return t("model.configured", { name });
  return t(readRunFile(home) === undefined ? "model.next" : "model.restart");
}

function addFailure(error: unknown, { t, language }: Shell, from: string): unknown {
  const failure = (title: string, detail?: string, advice?: string): Failure =>
    new Failure("failed", { title, detail, advice, cause: error });
  if (error instanceof ModelError)
    return failure(t("model.refused", { file: plainLine(from) }), error.words[language]);
  if (error instanceof InstallError)
    return error.code === "unsupported"
      ? failure(t("model.install_unsupported"), error.message, t("model.install_server"))
      : failure(t("model.install_failed"), plainText(error.message), t("model.install_advice"));
  if (!(error instanceof ModelFolderError)) return error;
  if (error.code === "taken") return failure(t("model.taken"), undefined, t("model.taken_advice"));
  const { needed = 0, free = 0 } = error.bytes ?? {};
  return error.code === "space"
    ? failure(t("model.no_space", { needed: sizeText(needed), free: sizeText(free) }))
    : failure(t("model.unwritable"), error.message);
}

function whatOf(file: ModelFile, t: Translate): string {
  const { architecture, parameters, quantisation, contextTokens, bytes } = file;
  const window =
    contextTokens === undefined
      ? t("model.no_window")
      : t("model.window", { tokens: contextTokens });
  const size = sizeText(bytes);
  return t("model.what", {
    architecture,
    parameters: countText(parameters),
    quantisation,
    window,
    size,
  });
}

/** `4.02B`, `135M`: as model pages write it. */
function countText(count: number): string {
  for (const [unit, factor] of [
    ["B", 1e9],
    ["M", 1e6],
    ["K", 1e3],
  ] as const)
    if (count >= factor) return `${Number((count / factor).toPrecision(3))}${unit}`;
  return String(count);
}

function sizeText(bytes: number): string {
  for (const [unit, factor] of [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const)
    if (bytes >= factor) return `${Number((bytes / factor).toPrecision(3))} ${unit}`;
  return `${bytes} B`;
}
