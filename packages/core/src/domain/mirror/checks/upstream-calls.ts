import { rounded, statusAbove, type CheckSpec } from "../check.ts";
import type { Snapshot, UpstreamState } from "../snapshot.ts";

const bounds = { warn: 0.05, fail: 0.2 };

/** D12: the model server answers, mostly, and with the model it was asked for. */
export const upstreamCalls: CheckSpec<Snapshot> = {
  id: "D12",
  kind: "deterministic",
  about: "node",
  threshold: bounds,
  look: ({ upstream }) => {
    if (upstream === undefined) return noModel;
    const { calls, failures, p95Ms, queue, isSilent } = upstream;
    const rate = calls === 0 ? 0 : failures / calls;
    const isOther = isOtherModel(upstream);
    const status = isSilent || isOther ? "fail" : statusAbove(rate, bounds);
    const measured = {
      model: upstream.configuredModel,
      answered: upstream.answeredModel ?? null,
      errorRate: rounded(rate),
      calls,
      p95Ms,
      queue,
    };
    if (status === "ok") return { status, measured };
    const percent = Math.round(rate * 100);
    const title = isSilent
      ? { en: "The model server does not answer.", ru: "Сервер модели не отвечает." }
      : isOther
        ? {
            en: `Asked for ${upstream.configuredModel}, the server answers with ${upstream.answeredModel ?? ""}.`,
            ru: `Запрошена модель ${upstream.configuredModel}, сервер отвечает моделью ${upstream.answeredModel ?? ""}.`,
          }
        : {
            en: `${percent} % of the model's calls failed in the last 15 minutes.`,
            ru: `За 15 минут не удалось ${percent} % обращений к модели.`,
          };
    return { status, measured, title };
  },
};

const noModel = {
  status: "skipped",
  measured: null,
  title: {
    en: "No model is connected; answers are quotes from memory.",
    ru: "Модель не подключена; ответы — цитаты из памяти.",
  },
} as const;

/** Servers add a tag (`:latest`) or a folder to a name, or leave it out; what lies between them is the model. */
function isOtherModel({ configuredModel, answeredModel }: UpstreamState): boolean {
  if (answeredModel === undefined || answeredModel === "" || configuredModel === "") return false;
  return bareName(configuredModel) !== bareName(answeredModel);
}

function bareName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^.*[/\\]/u, "")
    .replace(/:latest$|\.gguf$/u, "");
}
