import { EchoReport, MirrorReport, resonanceTextCharsMax, ResonanceResult } from "@adyton/protocol";
import { conversationOption } from "../conversation.ts";
import { exitCodes, Failure } from "../failure.ts";
import { printReport } from "../report-printer.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainText } from "../terminal-text.ts";

/** Milliseconds for all that the node asks its model: a little more than it grants itself. */
const answerMsMax = 120_000;

/** `mirror`: the conversation's context and the model, examined in full. Fails where a check does. */
export async function mirror(shell: Shell, invocation: Invocation): Promise<number> {
  const { data } = await execute(shell, invocation, { command: "mirror_self" });
  const report = MirrorReport.parse(data);
  if (shell.print.json) shell.print.value(report);
  else printReport(shell, report);
  return report.status === "fail" ? exitCodes.failed : exitCodes.ok;
}

/** `pulse`: the conversation's context and the node, checked fast. Fails where a check does. */
export async function pulse(shell: Shell, invocation: Invocation): Promise<number> {
  const { data } = await execute(shell, invocation, { command: "echo_pulse" });
  const report = EchoReport.parse(data);
  if (shell.print.json) shell.print.value(report);
  else printReport(shell, report);
  return report.status === "fail" ? exitCodes.failed : exitCodes.ok;
}

/** `resonance TEXT`: what a free text asks for, of what changes nothing. */
export async function resonance(shell: Shell, invocation: Invocation): Promise<number> {
  const { print, t } = shell;
  const text = invocation.args.join(" ").trim();
  if (text === "")
    throw new Failure("usage", { title: t("resonance.nothing"), advice: t("usage.see_help") });
  if (text.length > resonanceTextCharsMax)
    throw new Failure("failed", { title: t("resonance.too_long", { max: resonanceTextCharsMax }) });
  const asked = { command: "resonance", args: { text } };
  const { text: said, data } = await execute(shell, invocation, asked);
  const understood = ResonanceResult.parse(data);
  const report = MirrorReport.safeParse(understood.result);
  if (print.json) print.value(understood);
  else if (report.success) printReport(shell, report.data);
  else print.line(plainText(said).trimEnd());
  return exitCodes.ok;
}

async function execute(
  shell: Shell,
  { options }: Invocation,
  asked: { readonly command: string; readonly args?: Readonly<Record<string, unknown>> },
) {
  const conversation = conversationOption(options);
  const client = await shell.client();
  return client.ask("runCommand", {
    quietMs: answerMsMax,
    body: { ...asked, ...(conversation === undefined ? {} : { conversation }) },
  });
}
