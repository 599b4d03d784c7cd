import { Grant, plainGrants, TokenName, type Token } from "@adyton/protocol";
import { closest } from "@adyton/runtime/suggestion";
import { expiryOf } from "../expiry.ts";
import { Failure } from "../failure.ts";
import { localTime } from "../local-time.ts";
import type { Cell } from "../printer.ts";
import { found } from "../found.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";

/** `token add NAME`: makes a token. The secret alone goes to the standard output, so that a script can keep it. */
export async function tokenAdd(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const name = args[0] ?? "";
  if (!TokenName.safeParse(name).success)
    throw new Failure("usage", { title: t("token.bad_name", { name: plainLine(name) }) });
  const may = parseGrants(options.text("may"), t);
  const expiry = expiryOf(options, t);
  const client = await shell.client();
  const token = await client.ask("addToken", {
    body: {
      name,
      may,
      person: options.flag("person"),
      ...expiry,
    },
  });
  if (print.json) {
    print.value(token);
    return 0;
  }
  print.note(t("token.made", { name, may: token.may.join(", ") }));
  print.line(token.secret);
  print.note(t("token.once"), "yellow");
  return 0;
}

/** `token list`: every token, revoked ones too. */
export async function tokenList(shell: Shell): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const report = await client.ask("listTokens");
  if (print.json) print.value(report);
  else if (report.tokens.length === 0) print.line(t("token.none"));
  else
    print.table([
      t("token.columns")
        .split("|")
        .map((text): Cell => ({ text, style: "bold" })),
      ...report.tokens.map((token) => row(token, t)),
    ]);
  return 0;
}

/** `token revoke NAME`: it stops working at once. */
export async function tokenRevoke(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const [name = ""] = args;
  const token = found(await client.call("revokeToken", { params: { name } }), shell, {
    name: name,
    list: "token list",
  });
  if (print.json) print.value(token);
  else print.line(t("token.revoked", { name: plainLine(token.name) }));
  return 0;
}

function row(token: Token, t: Translate): Cell[] {
  const state: Cell =
    token.revokedAt === undefined
      ? { text: token.expiresAt === undefined ? t("token.valid") : shownExpiry(token.expiresAt, t) }
      : { text: t("token.revoked_at", { at: localTime(token.revokedAt) }), style: "red" };
  return [
    { text: plainLine(token.name), style: "cyan" },
    { text: token.may.join(",") },
    { text: token.tier },
    { text: localTime(token.createdAt), style: "dim" },
    { text: token.lastUsedAt === undefined ? t("token.never") : localTime(token.lastUsedAt) },
    state,
  ];
}

function shownExpiry(at: string, t: Translate): string {
  const key = Date.parse(at) <= Date.now() ? "token.expired" : "token.expires";
  return t(key, { at: localTime(at) });
}

/** `say,read` as grants; an unknown one is refused with the nearest that exists. */
export function parseGrants(text: string | undefined, t: Translate): Grant[] {
  const words = (text ?? "").split(/[\s,]+/).filter((word) => word !== "");
  const known = [...plainGrants, "command:*"];
  if (words.length === 0)
    throw new Failure("usage", {
      title: t("token.needs_may"),
      advice: t("token.grants", { grants: known.join(", ") }),
    });
  return words.map((word) => {
    const grant = Grant.safeParse(word);
    if (grant.success) return grant.data;
    const near = closest(word, known);
    throw new Failure("usage", {
      title: t("token.bad_grant", { grant: plainLine(word) }),
      advice:
        near === undefined
          ? t("token.grants", { grants: known.join(", ") })
          : t("usage.did_you_mean", { near }),
    });
  });
}
