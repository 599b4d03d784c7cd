import {
  type MessageAnswer,
  Overlay,
  Problem,
  runStreamEvents,
  type MessageRequest,
  type Taint,
  type TraceStep,
} from "@adyton/protocol";
import { type Client, problemFailure } from "./client.ts";
import { Failure } from "./failure.ts";
import type { Printer } from "./printer.ts";
import { plainLine, plainText, TerminalText } from "./terminal-text.ts";
import type { Translate } from "./texts/translate.ts";
import { WordWrap } from "./word-wrap.ts";
import { startWaiting, whileWaiting } from "./waiting.ts";

interface Turn {
  readonly client: Client;
  readonly print: Printer;
  readonly t: Translate;
  readonly message: MessageRequest;
  readonly signal?: AbortSignal;
  /** Present when the steps of the run are shown. */
  readonly onTrace?: (step: TraceStep) => void;
}

/** Says something and prints the answer as it comes. Throws `Failure` when the node refuses or breaks off. */
export async function streamTurn(turn: Turn): Promise<MessageAnswer> {
  const { client, print, t, message, signal, onTrace } = turn;
  const filter = new TerminalText();
  const { interactive, columns } = print.terminal;
  const wrap = new WordWrap(interactive ? columns : Number.POSITIVE_INFINITY);
  let printed = "";
  using waiting = startWaiting(print, (seconds) => t("say.waiting", { seconds }));
  const events = client.stream("sendMessage", {
    body: { ...message, stream: true },
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const { event, data } of events) {
    const value: unknown = JSON.parse(data);
    const isSilent = event === "queued" || event === "started";
    if (!isSilent && (event !== "trace" || onTrace !== undefined)) waiting[Symbol.dispose]();
    if (event === "delta") {
      const piece = filter.plain(runStreamEvents.delta.parse(value).text);
      print.piece(wrap.feed(piece));
      printed += piece;
    } else if (event === "restart") {
      // What a terminal has shown cannot be taken back.
      print.line(wrap.end());
      print.note(t("say.restart"), "yellow");
      printed = "";
    } else if (event === "trace") {
      onTrace?.(runStreamEvents.trace.parse(value));
    } else if (event === "queued") {
      const { ahead } = runStreamEvents.queued.parse(value);
      if (ahead > 0) print.note(t("say.queued", { ahead }));
    } else if (event === "answer") {
      const answer = runStreamEvents.answer.parse(value);
      if (printed === "") print.piece(wrap.feed(plainText(answer.text)));
      print.piece(wrap.end());
      if (!`${printed}${printed === "" ? answer.text : ""}`.endsWith("\n")) print.line();
      printRemarks(answer, turn);
      return answer;
    } else if (event === "problem") {
      if (printed !== "") print.line(wrap.end());
      throw problemFailure(Problem.parse(value), t);
    }
  }
  throw new Failure("unreachable", { title: t("client.broken") });
}

/** Says something, waits for the whole answer and prints it. */
export async function wholeTurn(turn: Turn): Promise<MessageAnswer> {
  const { client, print, t, message, signal } = turn;
  const text = (seconds: number): string => t("say.waiting", { seconds });
  const call = { body: message, ...(signal === undefined ? {} : { signal }) };
  const answer = await whileWaiting(print, text, () => client.ask("sendMessage", call));
  if (print.json) print.value(answer);
  else {
    print.line(plainText(answer.text).trimEnd());
    printRemarks(answer, turn);
  }
  return answer;
}

/** The sources belong to the answer; what else there is to know about it is a note. */
function printRemarks(answer: MessageAnswer, { print, t }: Turn): void {
  // A quoting answer names its sources in its text already.
  const isQuoting = answer.answeredBy === "extractive" || answer.mode === "RAG";
  const citations = isQuoting ? [] : (answer.citations ?? []);
  if (citations.length > 0) {
    print.line();
    print.line(print.paint("bold", t("say.sources")));
    for (const [index, { title, heading, source }] of citations.entries()) {
      const place = [title, ...heading.filter((part) => part !== title)].map(plainLine).join(" › ");
      print.line(`  [${index + 1}] ${place} ${print.paint("dim", `(${plainLine(source)})`)}`);
    }
  }
  const overlay = answer.answeredBy === "command" ? Overlay.safeParse(answer.data) : undefined;
  if (overlay?.success === true) print.note(t("say.overlay_id", { id: overlay.data.overlayId }));
  if (answer.recursia !== undefined && answer.recursia.stopReason !== "daily_tokens") {
    const { improved, evidence, stopReason, confidence, cost } = answer.recursia;
    print.note(
      t("think.report", {
        improved: t(`think.improved.${improved}`),
        evidence: t(`think.evidence.${evidence}`),
        stop: t(`think.verdict.${stopReason}`),
        calls: cost.calls,
      }),
    );
    if (confidence === "low") print.note(t("think.low"), "yellow");
  }
  if (answer.taint !== undefined) print.note(taintLine(answer.taint, t), "yellow");
  if (answer.finish === "length") print.note(t("say.length"), "yellow");
  if (answer.finish === "cut") print.note(t("say.cut"), "yellow");
  if (answer.answeredBy === "extractive" && answer.found === true) print.note(t("say.extractive"));
  if ((answer.historyDropped ?? 0) > 0)
    print.note(t("say.dropped", { count: answer.historyDropped ?? 0 }));
}

/** Whose words went into the answer, and how much of it was made inert. */
function taintLine({ tiers, sources, neutralised }: Taint, t: Translate): string {
  const inert = Object.values(neutralised).reduce((sum, count) => sum + count, 0);
  const from = t("say.taint", { tiers: tiers.join(", "), sources: plainLine(sources.join(", ")) });
  return inert === 0 ? from : `${from} ${t("say.inert", { count: inert })}`;
}
