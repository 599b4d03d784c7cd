import { attachmentsMax, type Bilingual } from "@adyton/protocol";
import { documentEndings } from "../../domain/documents/media-types.ts";
import type { DocumentRefusal } from "../../ports/file-words.ts";

const kinds = Object.keys(documentEndings).join(" ");
const mebibytes = (bytes: number): string => String(bytes / 1024 / 1024);

/** What the bot says of files, where it cannot do with them what was asked. */
export const attachmentWords = {
  tooMany: {
    en: `I look at ${attachmentsMax} files at most at once; send fewer together.`,
    ru: `За раз я смотрю не больше ${attachmentsMax} файлов; отправьте вместе поменьше.`,
  },
  tooLarge: (name: string, bytesMax: number): Bilingual => ({
    en: `${name} is too large: I take ${mebibytes(bytesMax)} MiB at most.`,
    ru: `${name}: слишком велико, я беру не больше ${mebibytes(bytesMax)} МиБ.`,
  }),
  tooMuch: {
    en: "That is too much together; send fewer files at once.",
    ru: "Вместе это слишком много; отправьте за раз поменьше файлов.",
  },
  tooLong: (minutes: number): Bilingual => ({
    en: `The recording is too long: I listen to ${minutes} minutes at most.`,
    ru: `Запись слишком длинная: я слушаю не больше ${minutes} минут.`,
  }),
  unknownKind: (name: string): Bilingual => ({
    en: `${name} is of a kind I cannot read. I read ${kinds}, and pictures (JPEG, PNG, WebP).`,
    ru: `${name}: такого я не читаю. Читаю ${kinds}, и картинки (JPEG, PNG, WebP).`,
  }),
  gone: (name: string): Bilingual => ({
    en: `Telegram does not have ${name} any more; send it again.`,
    ru: `${name}: в Телеграме этого больше нет, отправьте ещё раз.`,
  }),
  unreachable: (name: string): Bilingual => ({
    en: `${name} could not be fetched from Telegram; send it again.`,
    ru: `${name}: не удалось получить из Телеграма, отправьте ещё раз.`,
  }),
  noVoice: {
    en: "I have nothing to listen with: the node's owner may set voice in adyton.yaml. Write it to me.",
    ru: "Слушать записи мне нечем: владелец узла может задать voice в adyton.yaml. Напишите словами.",
  },
  nothingHeard: {
    en: "I heard no words in it.",
    ru: "Слов я там не услышал.",
  },
  partTaken: (name: string, chars: number, of: number): Bilingual => ({
    en: `(${name}: the first ${chars} of ${of} characters.)`,
    ru: `(${name}: первые знаки, ${chars} из ${of}.)`,
  }),
  unnamed: { en: "The file", ru: "Файл" },
  sendDocument: {
    en: "Send the document with /memory add as its caption, or reply so to a message that has it.",
    ru: "Отправьте документ с подписью /memory add или ответьте так на сообщение с документом.",
  },
  remembered: (title: string, chars: number): Bilingual => ({
    en: `In memory: “${title}”, ${chars} characters, as somebody else's words.`,
    ru: `В памяти: «${title}», знаков: ${chars}, как чужие слова.`,
  }),
} as const;

/** Why no words came out of a document. */
export const refusalWords: Readonly<Record<DocumentRefusal, (name: string) => Bilingual>> = {
  not_text: (name) => ({
    en: `${name} is no text in UTF-8.`,
    ru: `${name}: это не текст в UTF-8.`,
  }),
  not_pdf: (name) => ({ en: `${name} is no PDF.`, ru: `${name}: это не PDF.` }),
  encrypted: (name) => ({
    en: `${name} is locked with a password.`,
    ru: `${name}: закрыто паролем.`,
  }),
  no_text: (name) => ({
    en: `${name} has no text. If it has pictures of text, send those as pictures.`,
    ru: `${name}: текста нет. Если в нём изображения текста, отправьте их картинками.`,
  }),
  too_large: (name) => ({
    en: `${name} has too much text.`,
    ru: `${name}: слишком много текста.`,
  }),
  took_too_long: (name) => ({
    en: `${name} took too long to read.`,
    ru: `${name}: чтение заняло слишком много времени.`,
  }),
  too_much_memory: (name) => ({
    en: `${name} took too much memory to read.`,
    ru: `${name}: чтение заняло слишком много памяти.`,
  }),
  crashed: (name) => ({ en: `${name} cannot be read.`, ru: `${name}: прочесть не удалось.` }),
};
