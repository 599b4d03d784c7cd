import type { Bilingual } from "@adyton/protocol";
import type { ChatFailure, ChatOutcome } from "../../ports/backend.ts";

/** What users are told when no worker brings a job to its end. */
export const jobWords = {
  noWorker: {
    en: "No worker takes the model's work at the moment; start one with `adyton worker`, or try again later.",
    ru: "Сейчас некому выполнить работу модели; запустите исполнителя (`adyton worker`) или попробуйте позже.",
  },
  noRedis: {
    en: "Redis, through which the workers get their work, cannot be reached; start it, or try again later.",
    ru: "Redis, через который исполнители получают работу, недоступен; запустите его или попробуйте позже.",
  },
  lostTooOften: {
    en: "Several workers in a row went away while they worked on this question; ask in another way, and look into the workers' logs.",
    ru: "Несколько исполнителей подряд пропали, работая над этим вопросом; спросите иначе и посмотрите их журналы.",
  },
  tooMany: {
    en: "Too much of the model's work is waiting; try again in a moment.",
    ru: "Слишком много работы модели в очереди; попробуйте чуть позже.",
  },
  tooLarge: {
    en: "The question and what it needs are larger than what is given to a worker; shorten it or start a new conversation.",
    ru: "Вопрос и всё, что ему нужно, больше того, что передаётся исполнителю; сократите его или начните новую беседу.",
  },
  overBudget: {
    en: "The worker stopped the answer when its time was over; ask for less.",
    ru: "Исполнитель остановил ответ, когда его время вышло; попросите о меньшем.",
  },
  cancelled: { en: "The request was cancelled.", ru: "Запрос отменён." },
} as const;

export function failed(reason: ChatFailure, detail: Bilingual, started = false): ChatOutcome {
  return { kind: "failed", reason, detail, started };
}
