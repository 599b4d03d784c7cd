import { blockTextCharsMax } from "@adyton/protocol";
import { Failure } from "../failure.ts";
import { localTime } from "../local-time.ts";
import { found } from "../found.ts";
import type { Invocation, Shell } from "../shell.ts";
import { readStandardInput } from "../standard-input.ts";
import { plainLine, plainText } from "../terminal-text.ts";

/** UTF-8 takes at most three bytes for each unit of a string. */
const inputBytesMax = blockTextCharsMax * 3;

/** `memory block save NAME TEXT`: pins a text, or changes it. `-` is the standard input. */
export async function blockSave(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const [name = "", ...words] = args;
  const text = words.length === 1 && words[0] === "-" ? await inputText(shell) : words.join(" ");
  const client = await shell.client();
  const block = await client.ask("saveBlock", { body: { name, text } });
  if (print.json) print.value(block);
  else
    print.line(
      t("block.saved", {
        name: plainLine(block.name),
        version: block.version,
        tokens: block.tokens,
      }),
    );
  return 0;
}

/** `memory block list`: what goes along with each turn. */
export async function blockList(shell: Shell): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const list = await client.ask("listBlocks");
  if (print.json) print.value(list);
  else if (list.blocks.length === 0) print.line(t("block.none"));
  else
    for (const { name, text, version, tokens, changedAt } of list.blocks) {
      const at = localTime(changedAt);
      print.line(
        `${print.paint("bold", plainLine(name))}  ${print.paint("dim", t("block.about", { version, tokens, at }))}`,
      );
      print.line(plainText(text).replaceAll(/^/gm, "    "));
    }
  return 0;
}

const signs = { same: " ", added: "+", removed: "-" } as const;
const styles = { same: "dim", added: "green", removed: "red" } as const;

/** `memory block versions NAME`: every version, newest first, with what changed in it. */
export async function blockVersions(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const [name = ""] = args;
  const list = found(await client.call("listBlockVersions", { params: { name } }), shell, {
    name: name,
    list: "memory block list",
  });
  if (print.json) {
    print.value(list);
    return 0;
  }
  for (const { version, changedAt, changedBy, text, diff } of list.versions) {
    print.line(
      print.paint("bold", t("block.version", { version, at: localTime(changedAt), by: changedBy })),
    );
    if (text === null) print.line(print.paint("dim", `    ${t("block.erased")}`));
    for (const line of diff)
      print.line(
        print.paint(styles[line.change], `  ${signs[line.change]} ${plainLine(line.text)}`),
      );
  }
  if (list.more) print.note(t("block.older"));
  return 0;
}

/** `memory block remove NAME`: it goes along no longer. */
export async function blockRemove(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const [name = ""] = args;
  const block = found(await client.call("removeBlock", { params: { name } }), shell, {
    name: name,
    list: "memory block list",
  });
  if (print.json) print.value(block);
  else print.line(t("block.removed", { name: plainLine(block.name) }));
  return 0;
}

async function inputText({ t }: Shell): Promise<string> {
  const input = await readStandardInput(inputBytesMax);
  if (input.kind === "too_long")
    throw new Failure("failed", { title: t("block.too_long", { max: blockTextCharsMax }) });
  if (input.kind === "not_text") throw new Failure("failed", { title: t("input.not_text") });
  return input.text;
}
