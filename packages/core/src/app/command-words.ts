/** What the node says about a command, in both languages. */
export const words = {
  en: {
    mode: "Mode",
    until: "for",
    turns: "turns",
    fresh: "The conversation starts afresh.",
    stopped: "Cancelled:",
    nothing: "Nothing was running.",
    inserted: "Inserted. It holds for",
  },
  ru: {
    mode: "Режим",
    until: "на",
    turns: "ходов",
    fresh: "Беседа начата заново.",
    stopped: "Отменено:",
    nothing: "Ничего не выполнялось.",
    inserted: "Вставлено. Действует ходов:",
  },
};
