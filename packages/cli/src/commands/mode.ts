import { mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { reservedModeNames } from "@adyton/core/mode-files";
import { ModeName, type Self } from "@adyton/protocol";
import { writeFileAtomic } from "@adyton/runtime/atomic-file";
import { closest } from "@adyton/runtime/suggestion";
import { Failure } from "../failure.ts";
import type { Cell } from "../printer.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine, plainText } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";

type Mode = Self["modes"][number];

/** `mode list`: the modes of the running node that the caller may use. */
export async function modeList(shell: Shell): Promise<number> {
  const { print, t } = shell;
  const { modes } = await (await shell.client()).ask("getSelf");
  if (print.json) {
    print.value({ modes });
    return 0;
  }
  print.table([
    t("mode.columns")
      .split("|")
      .map((text): Cell => ({ text, style: "bold" })),
    ...modes.map((mode): Cell[] => [
      { text: plainLine(mode.id), style: "cyan" },
      { text: t(`mode.by.${mode.controller}`) },
      { text: limitsOf(mode, t), style: "dim" },
      { text: plainLine(mode.summary) },
    ]),
  ]);
  return 0;
}

/** `mode show NAME`: everything that makes up one mode. */
export async function modeShow(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const wanted = (args[0] ?? "").toLowerCase();
  const { modes } = await (await shell.client()).ask("getSelf");
  const mode = modes.find(
    ({ id, aliases }) => id.toLowerCase() === wanted || aliases.includes(wanted),
  );
  if (mode === undefined) throw unknownMode(wanted, modes, t);
  if (print.json) {
    print.value(mode);
    return 0;
  }
  const rows: [label: string, value: string][] = [
    [t("mode.version"), mode.version],
    [t("mode.aliases"), mode.aliases.join(", ")],
    [t("mode.how"), t(`mode.by.${mode.controller}`)],
    [t("mode.limits"), limitsOf(mode, t)],
    [t("mode.sources"), mode.retrieval?.sources.join(", ") ?? ""],
    [t("mode.generation"), pairs(mode.generation ?? {})],
    [t("mode.tools"), mode.clientTools ? t("mode.yes") : t("mode.no")],
    [t("mode.tier"), mode.minTier],
    [t("mode.output"), mode.output === undefined ? "" : JSON.stringify(mode.output)],
  ];
  print.line(print.paint("bold", `${plainLine(mode.id)} · ${plainLine(mode.summary)}`));
  print.table(
    rows
      .filter(([, value]) => value !== "")
      .map(([label, value]) => [{ text: label, style: "dim" }, { text: plainLine(value) }]),
  );
  if (mode.prompt !== undefined) print.line(`\n${plainText(mode.prompt).trimEnd()}`);
  return 0;
}

/** `mode new NAME`: writes a commented file for a mode of one's own; one that is there is kept. */
export async function modeNew({ home, print, t }: Shell, { args }: Invocation): Promise<number> {
  const [name = ""] = args;
  if (!ModeName.safeParse(name).success)
    throw new Failure("usage", { title: t("mode.bad_name", { name: plainLine(name) }) });
  if (reservedModeNames.includes(name.toLowerCase()))
    throw new Failure("usage", { title: t("mode.taken", { name }) });
  const folder = join(home, "modes");
  const file = join(folder, `${name.toLowerCase()}.yaml`);
  if (existsSync(file)) throw new Failure("failed", { title: t("mode.exists", { file }) });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, t("template.mode", { name }), { mode: 0o600 });
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : "";
    const title = t("init.unwritable", { file, code: String(code) });
    throw new Failure("failed", { title, advice: t("up.doctor"), cause });
  }
  if (print.json) print.value({ file });
  else {
    print.line(t("init.written", { file }));
    print.note(t("mode.next", { name }));
  }
  return 0;
}

function unknownMode(wanted: string, modes: readonly Mode[], t: Translate): Failure {
  const near = closest(
    wanted,
    modes.flatMap(({ id, aliases }) => [id.toLowerCase(), ...aliases]),
  );
  return new Failure("failed", {
    title: t("mode.unknown", { name: plainLine(wanted) }),
    advice: near === undefined ? t("mode.see_list") : t("usage.did_you_mean", { near }),
  });
}

/** What one answer may take, in a line. */
function limitsOf({ budget, retrieval, answerTokensMax }: Mode, t: Translate): string {
  const { calls, tokens, wallMs } = budget ?? {};
  return [
    retrieval === null ? undefined : t("mode.passages", { count: retrieval.k }),
    calls === undefined ? undefined : t("mode.calls", { count: calls }),
    tokens === undefined ? undefined : t("mode.tokens", { count: tokens }),
    wallMs === undefined ? undefined : t("mode.seconds", { count: wallMs / 1_000 }),
    answerTokensMax === undefined ? undefined : t("mode.answer", { count: answerTokensMax }),
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}

function pairs(values: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
