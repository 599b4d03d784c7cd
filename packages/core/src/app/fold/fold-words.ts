import type { Bilingual, FoldCluster, FoldReport } from "@adyton/protocol";
import { inert } from "../../domain/exit-filter/exit-filter.ts";

/** Clusters named in the text; the structure has more. */
const clustersSaidMax = 8;
const templateCharsMax = 160;

const words = {
  en: {
    head: (lines: number, source: string, clusters: number) =>
      `Lines read: ${lines} (${source}); clusters: ${clusters}.`,
    handedIn: "handed in",
    ownLog: "the node's own log",
    malformed: (count: number) => `Malformed lines, folded as plain text: ${count}.`,
    outside: (count: number) => `Older than the window: ${count}.`,
    tail: "Older lines were not read.",
    none: "No lines in this window.",
    calm: "No trouble in these lines.",
    fresh: "new",
    rising: (ratio: number | null) => (ratio === null ? "rising" : `rising ×${ratio}`),
    more: (count: number) => `… and further clusters: ${count}`,
    changes: "Changed shortly before:",
    before: (minutes: number) => `${minutes} min before`,
    hypotheses: "What may be the cause:",
    confidence: { low: "low confidence", medium: "medium confidence", high: "high confidence" },
    check: "look first at",
    unknown: "Cause: unknown. No hypothesis is borne out by the lines.",
    no_model: "No model is connected, so there are no hypotheses.",
    model_failed: "The model gave no usable answer, so there are no hypotheses.",
  },
  ru: {
    head: (lines: number, source: string, clusters: number) =>
      `Прочитано строк: ${lines} (${source}); групп: ${clusters}.`,
    handedIn: "присланы с командой",
    ownLog: "собственный журнал узла",
    malformed: (count: number) =>
      `Строк с нарушенной формой (свёрнуты как простой текст): ${count}.`,
    outside: (count: number) => `Старше окна: ${count}.`,
    tail: "Более старые строки не читались.",
    none: "В этом окне строк нет.",
    calm: "Тревожного в этих строках нет.",
    fresh: "новое",
    rising: (ratio: number | null) => (ratio === null ? "растёт" : `растёт ×${ratio}`),
    more: (count: number) => `… и ещё групп: ${count}`,
    changes: "Незадолго до этого изменилось:",
    before: (minutes: number) => `за ${minutes} мин`,
    hypotheses: "Возможная причина:",
    confidence: {
      low: "низкая уверенность",
      medium: "средняя уверенность",
      high: "высокая уверенность",
    },
    check: "проверить первым",
    unknown: "Причина неизвестна: ни одна гипотеза не подтверждена строками.",
    no_model: "Модель не подключена, поэтому гипотез нет.",
    model_failed: "Модель не дала пригодного ответа, поэтому гипотез нет.",
  },
} as const satisfies Record<keyof Bilingual, unknown>;

/** The report for a person. Counts follow a colon, so that no language needs its plural forms. */
export function foldInWords(report: FoldReport, language: keyof Bilingual): string {
  const say = words[language];
  const { read, source, clusters } = report;
  const from = source === "lines" ? say.handedIn : source === "node" ? say.ownLog : source;
  const total = clusters.length + report.clustersLeftOut;
  const said = clusters.slice(0, clustersSaidMax);
  const left = total - said.length;
  return [
    say.head(read.lines, from, total),
    ...(read.malformed > 0 ? [say.malformed(read.malformed)] : []),
    ...(read.outside > 0 ? [say.outside(read.outside)] : []),
    ...(read.earlierLeftOut ? [say.tail] : []),
    ...(read.folded === 0 ? [say.none] : []),
    ...said.map((cluster) => clusterLine(cluster, language)),
    ...(left > 0 ? [say.more(left)] : []),
    ...changeLines(report, language),
    ...causeLines(report, language),
  ].join("\n");
}

function clusterLine(cluster: FoldCluster, language: keyof Bilingual): string {
  const say = words[language];
  const marks = [
    ...(cluster.isNew === true ? [say.fresh] : []),
    ...(cluster.isBurst === true ? [say.rising(cluster.ratio)] : []),
  ];
  const note = marks.length === 0 ? "" : ` [${marks.join(", ")}]`;
  const template = inert(cluster.template.slice(0, templateCharsMax).toWellFormed());
  return `${cluster.id} ${cluster.level} ×${cluster.count}${note}: ${template}`;
}

function changeLines({ changes }: FoldReport, language: keyof Bilingual): string[] {
  if (changes.length === 0) return [];
  const say = words[language];
  return [
    say.changes,
    ...changes.map(({ type, minutesBefore }) => `- ${type}, ${say.before(minutesBefore)}`),
  ];
}

function causeLines(
  { explanation, hypotheses, read }: FoldReport,
  language: keyof Bilingual,
): string[] {
  const say = words[language];
  if (explanation === "nothing_to_explain") return read.folded === 0 ? [] : [say.calm];
  if (explanation !== "hypotheses") return [say[explanation]];
  return [
    say.hypotheses,
    ...hypotheses.flatMap(({ statement, confidence, clusterIds, evidence, firstCheck }) => [
      `- ${statement} (${say.confidence[confidence]}; ${clusterIds.join(", ")})`,
      ...evidence.map(({ lineId, quote }) => `  ${lineId}: “${inert(quote)}”`),
      ...(firstCheck === "" ? [] : [`  ${say.check}: ${firstCheck}`]),
    ]),
  ];
}
