import type { Style } from "@adyton/runtime/terminal";
import type { Self } from "@adyton/protocol";
import type { Client } from "../client.ts";
import { exitCodes } from "../failure.ts";
import { localTime } from "../local-time.ts";
import type { Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";

const styles: Readonly<Record<"ok" | "degraded" | "failed", Style>> = {
  ok: "green",
  degraded: "yellow",
  failed: "red",
};

/** `health`: part by part; fails when the node accepts nothing. */
export async function health(shell: Shell): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const report = await client.ask("getHealth");
  if (print.json) print.value(report);
  else {
    const models = await modelServers(client);
    const uptime = duration(report.uptimeSeconds, t("health.units").split("|"));
    const status = print.paint(styles[report.status], t(`health.${report.status}`));
    const told = t("health.uptime", { version: plainLine(report.version), uptime });
    const mode = report.mode === undefined ? "" : ` · ${t("self.mode")} ${plainLine(report.mode)}`;
    print.line(`${status} · ${told}${mode}`);
    print.table(
      report.parts.map(({ name, status: part, detail, since }) => [
        { text: plainLine(name) },
        { text: t(`health.${part}`), style: styles[part] },
        { text: plainLine(named(detail ?? "", serversOf(name, models))) },
        {
          text: since === undefined ? "" : t("health.since", { at: localTime(since) }),
          style: "dim",
        },
      ]),
    );
  }
  return report.status === "failed" ? exitCodes.failed : exitCodes.ok;
}

/** The model servers as the node describes itself, with their addresses where the caller may know them. */
async function modelServers(client: Client): Promise<Self["backends"]> {
  const self = await client.call("getSelf");
  return self.kind === "ok" ? self.value.backends.filter(({ kind }) => kind === "openai") : [];
}

/** The servers that a part of the node's health speaks of. */
function serversOf(part: string, models: Self["backends"]): Self["backends"] {
  return part === "model" ? models : models.filter(({ name }) => part === `model:${name}`);
}

/** A state of the model server with its model and address; some states name the address themselves. */
export function named(detail: string, models: Self["backends"]): string {
  const missing = models.flatMap(({ model, address }) =>
    address === undefined || detail.includes(address)
      ? []
      : [[model, address].filter((part) => part !== null).join(", ")],
  );
  return [detail, ...missing].filter((part) => part !== "").join(" · ");
}

export function duration(seconds: number, units: readonly string[]): string {
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ].map((value, index) => ({ value, unit: units[index] ?? "" }));
  const first = parts.findIndex(({ value }) => value > 0);
  return parts
    .slice(first === -1 ? 3 : first)
    .slice(0, 2)
    .map(({ value, unit }) => `${value}${unit}`)
    .join(" ");
}
