import type { Pairing } from "@adyton/protocol";
import { expiryOf } from "../expiry.ts";
import { localTime } from "../local-time.ts";
import type { Cell } from "../printer.ts";
import { found } from "../found.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";

/** `pair`: makes a one-time code. It alone goes to the standard output. */
export async function pair(shell: Shell, { options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const name = options.text("name");
  const body = { ...(name === undefined ? {} : { name }), ...expiryOf(options, t) };
  const client = await shell.client();
  const made = await client.ask("addPairing", { body });
  if (print.json) print.value(made);
  else {
    print.note(t("pair.made", { name: made.name, at: localTime(made.expiresAt) }));
    print.line(made.code);
  }
  return 0;
}

/** `pair list`: who was let in by a code, and every code. */
export async function pairList(shell: Shell): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const report = await client.ask("listPairings");
  if (print.json) print.value(report);
  else if (report.pairings.length === 0) print.line(t("pair.none"));
  else
    print.table([
      t("pair.columns")
        .split("|")
        .map((text): Cell => ({ text, style: "bold" })),
      ...report.pairings.map((pairing) => row(pairing, t)),
    ]);
  return 0;
}

/** `pair revoke NAME`: a code or a person; it counts at once. */
export async function pairRevoke(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const [name = ""] = args;
  const revoked = found(await client.call("revokePairing", { params: { name } }), shell, {
    name: name,
    list: "pair list",
  });
  if (print.json) print.value(revoked);
  else print.line(t("pair.done", { name: plainLine(revoked.name) }));
  return 0;
}

function row({ name, state, user, ...times }: Pairing, t: Translate): Cell[] {
  const { expiresAt, pairedAt, revokedAt } = times;
  const at = localTime(state === "revoked" ? (revokedAt ?? expiresAt) : expiresAt);
  return [
    { text: plainLine(name), style: "cyan" },
    { text: t(`pair.${state}`, { at }), ...(state === "revoked" ? { style: "red" } : {}) },
    { text: user === undefined ? "" : String(user) },
    { text: pairedAt === undefined ? "" : localTime(pairedAt), style: "dim" },
  ];
}
