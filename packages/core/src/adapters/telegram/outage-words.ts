import type { Bilingual } from "@adyton/protocol";

const minuteMs = 60_000;
const minutesPerHour = 60;
const minutesPerDay = 1_440;

/** When the bot was out of reach, for its owner. UTC, because the time zone would tell where the node is. */
export function outageWords(outage: {
  readonly sinceMs: number;
  readonly untilMs: number;
}): Bilingual {
  const since = spoken(outage.sinceMs);
  const until = spoken(outage.untilMs);
  const end = until.day === since.day ? until.time : `${until.day} ${until.time}`;
  const minutes = Math.max(1, Math.round((outage.untilMs - outage.sinceMs) / minuteMs));
  return {
    en: `I was out of reach from ${since.day} ${since.time} to ${end} UTC (${lasting(minutes, "en")}). What was written meanwhile is being answered, unless it is older than a day.`,
    ru: `Со мной не было связи с ${since.day} ${since.time} до ${end} UTC (${lasting(minutes, "ru")}). На написанное за это время я отвечаю, если ему меньше суток.`,
  };
}

function spoken(timeMs: number): { readonly day: string; readonly time: string } {
  const text = new Date(timeMs).toISOString();
  return { day: text.slice(0, 10), time: text.slice(11, 16) };
}

const units = { en: ["d", "h", "min"], ru: ["д", "ч", "мин"] } as const;

function lasting(minutes: number, language: keyof Bilingual): string {
  const parts = [
    Math.floor(minutes / minutesPerDay),
    Math.floor((minutes % minutesPerDay) / minutesPerHour),
    minutes % minutesPerHour,
  ];
  return parts
    .flatMap((part, index) => (part === 0 ? [] : [`${part} ${units[language][index]}`]))
    .join(" ");
}
