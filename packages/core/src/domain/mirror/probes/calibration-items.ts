import type { Language } from "../../search/terms.ts";

/** A question with an answer that is known to be right or wrong. */
export interface CalibrationItem {
  readonly language: Language;
  readonly isRight: boolean;
  /** What the answer is to be drawn from; absent where it is a matter of arithmetic. */
  readonly source: string | undefined;
  readonly question: string;
  readonly answer: string;
}

interface Row {
  readonly source?: string;
  readonly question: string;
  readonly right: string;
  readonly wrong: string;
}

/**
 * Sums, statements about a source, and sources in which two things could be exchanged. Each wrong answer is wrong in the
 * way in which models are: near, and said with confidence.
 */
const rows: Readonly<Record<Language, readonly Row[]>> = {
  en: [
    { question: "How much is 17 * 6?", right: "102", wrong: "112" },
    { question: "How much is 144 / 12 + 5?", right: "17", wrong: "19" },
    { question: "How much is 9 * 8 - 12?", right: "60", wrong: "58" },
    {
      source: "The pump in the cellar was replaced on 3 May after it had lost pressure twice.",
      question: "When was the pump replaced?",
      right: "On 3 May.",
      wrong: "On 13 June.",
    },
    {
      source: "Marta holds the spare key; Olaf only knows where the fuse box is.",
      question: "Who holds the spare key?",
      right: "Marta.",
      wrong: "Olaf.",
    },
    {
      source: "On Saturday 380 visitors came, on Sunday 412, and on Monday the museum was closed.",
      question: "How many visitors came on Sunday?",
      right: "412 visitors.",
      wrong: "452 visitors.",
    },
    {
      source: "The gateway listens on port 8443 and hands everything on to the archive.",
      question: "Which port does the gateway listen on?",
      right: "Port 8443.",
      wrong: "Port 8080.",
    },
    {
      source:
        "Before the valve is opened, the boiler must be switched off and the water must cool.",
      question: "What must be done before the valve is opened?",
      right: "The boiler must be switched off.",
      wrong: "The chimney must be swept.",
    },
    {
      source: "The lamp shows green when the link is up and amber when it is lost.",
      question: "Which colour does the lamp show when the link is lost?",
      right: "Amber.",
      wrong: "Violet.",
    },
    {
      source: "The warranty is three years, two years of them for the battery.",
      question: "How long is the warranty of the battery?",
      right: "Two years.",
      wrong: "Three years.",
    },
  ],
  ru: [
    { question: "Сколько будет 14 * 7?", right: "98", wrong: "96" },
    { question: "Сколько будет 320 / 8 - 3?", right: "37", wrong: "43" },
    { question: "Сколько будет 6 * 9 + 11?", right: "65", wrong: "75" },
    {
      source: "Фильтр заменили 12 апреля, а насос остался прежний.",
      question: "Когда заменили фильтр?",
      right: "12 апреля.",
      wrong: "21 августа.",
    },
    {
      source: "Ключи от архива у Ирины; Павел отвечает за сигнализацию.",
      question: "У кого ключи от архива?",
      right: "У Ирины.",
      wrong: "У Павла.",
    },
    {
      source: "В папке 286 листов, в коробке ещё 40 тетрадей.",
      question: "Сколько листов в папке?",
      right: "286 листов.",
      wrong: "268 листов.",
    },
    {
      source: "Панель отвечает по адресу 10.4.0.7, датчики молчат.",
      question: "По какому адресу отвечает панель?",
      right: "По адресу 10.4.0.7.",
      wrong: "По адресу 10.9.0.4.",
    },
    {
      source: "До запуска котла нужно открыть заслонку и проверить давление.",
      question: "Что нужно сделать до запуска котла?",
      right: "Нужно открыть заслонку.",
      wrong: "Нужно слить воду.",
    },
    {
      source: "На чердаке стоит датчик дыма, в подвале стоит датчик влаги.",
      question: "Какой датчик стоит на чердаке?",
      right: "Датчик дыма.",
      wrong: "Датчик влаги.",
    },
    {
      source: "Запись хранится шесть недель, её опись хранится два года.",
      question: "Сколько хранится запись?",
      right: "Шесть недель.",
      wrong: "Девять недель.",
    },
  ],
};

/** Half of a language's rows with their right answers and half with their wrong ones; the other half the other way. */
function batch(language: Language, isFirst: boolean): readonly CalibrationItem[] {
  return rows[language].map(({ source, question, right, wrong }, index) => {
    const isRight = (index % 2 === 0) === isFirst;
    return { language, isRight, source, question, answer: isRight ? right : wrong };
  });
}

/** Twenty right and twenty wrong answers, in the batches they are asked in: no batch has a question twice. */
export const calibrationBatches: readonly (readonly CalibrationItem[])[] = [
  batch("en", true),
  batch("ru", true),
  batch("en", false),
  batch("ru", false),
];
