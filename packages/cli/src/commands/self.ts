import { conversationOption } from "../conversation.ts";
import { localTime } from "../local-time.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";

/** `self`: what the node says about its own structure. */
export async function self(shell: Shell, { options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const report = await client.ask("getSelf", {
    query: { conversation: conversationOption(options) },
  });
  if (print.json) {
    print.value(report);
    return 0;
  }
  const { subject } = report;
  const { blocks: pinned, ...counts } = report.memory;
  print.line(print.paint("bold", plainLine(`${subject.node} · ${subject.software}`)));
  print.table(
    [
      [t("self.status"), report.status],
      [t("self.mode"), subject.mode],
      [t("self.model"), subject.model ?? t("self.no_model")],
      [
        t("self.backends"),
        report.backends.map(({ name, status }) => `${name} (${status})`).join(", "),
      ],
      [t("self.modes"), report.modes.map(({ id }) => id).join(", ")],
      [t("self.memory"), `${t("self.memory_counts", counts)}, ${t("self.fact_counts", counts)}`],
      ...pinned.map(({ name, text, tokens }) => [t("self.block", { tokens }), `${name}  ${text}`]),
      [t("self.prompt"), t("self.prompt_tokens", { tokens: report.corePrompt.tokens })],
      [t("self.sent"), t("self.prompt_tokens", { tokens: report.sent.tokens })],
      [t("self.overlays"), String(report.overlays.length)],
      ...report.overlays.map(({ overlayId, text, expires }) => [
        t("self.overlay", { at: localTime(expires.at) }),
        `${overlayId}  ${text}`,
      ]),
      [t("self.caller"), `${report.caller.tier}: ${report.caller.may.join(", ")}`],
      [t("self.config"), subject.configHash],
    ].map(([label = "", value = ""]) => [
      { text: label, style: "dim" },
      { text: plainLine(value) },
    ]),
  );
  print.line();
  print.table(
    report.commands
      .filter(({ allowed }) => allowed)
      .map(({ forms, summary }) => [
        { text: plainLine(forms.at(-1) ?? ""), style: "cyan" },
        { text: plainLine(summary) },
      ]),
  );
  return 0;
}
