import { expiryOf } from "../expiry.ts";
import { Failure } from "../failure.ts";
import { localTime } from "../local-time.ts";
import type { Cell } from "../printer.ts";
import { found } from "../found.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";

/** `telegram confirm ID`: an owner is one for a time, although a relay runs the bot. */
export async function confirmOwner(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const body = { user: userOf(shell, args[0]), ...expiryOf(options, t) };
  const client = await shell.client();
  const confirmed = await client.ask("addConfirmation", { body });
  if (print.json) print.value(confirmed);
  else {
    const { user, expiresAt } = confirmed;
    print.line(t("confirm.done", { user, at: localTime(expiresAt) }));
  }
  return 0;
}

/** `telegram confirm list`: the owners who are confirmed now. */
export async function confirmedOwners(shell: Shell): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const report = await client.ask("listConfirmations");
  if (print.json) print.value(report);
  else if (report.confirmations.length === 0) print.line(t("confirm.none"));
  else
    print.table(
      report.confirmations.map(({ user, expiresAt }): Cell[] => [
        { text: String(user), style: "cyan" },
        { text: t("confirm.until", { at: localTime(expiresAt) }) },
      ]),
    );
  return 0;
}

/** `telegram confirm revoke ID`: from now on the owner is a member again. */
export async function revokeOwner(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const user = userOf(shell, args[0]);
  const client = await shell.client();
  const revoked = found(
    await client.call("revokeConfirmation", { params: { user: String(user) } }),
    shell,
    { name: String(user), list: "telegram confirm list" },
  );
  if (print.json) print.value(revoked);
  else print.line(t("confirm.revoked", { user }));
  return 0;
}

function userOf({ t }: Shell, text = ""): number {
  if (/^[1-9]\d{0,15}$/.test(text)) return Number(text);
  throw new Failure("usage", { title: t("confirm.bad_id", { found: plainLine(text) }) });
}
