import { Places } from "@adyton/runtime/places";
import {
  type Attachment,
  attachmentsMax,
  attachmentTextCharsMax,
  type Bilingual,
  fitTogether,
} from "@adyton/protocol";
import { inert } from "../../domain/exit-filter/exit-filter.ts";
import { type DocumentMediaType, mediaTypeOf } from "../../domain/documents/media-types.ts";
import type { DocumentWords, Hear, ReadDocument } from "../../ports/file-words.ts";
import { attachmentWords, refusalWords } from "./attachment-words.ts";
import type { FileFetcher } from "./fetch-file.ts";
import type { Content, FileRef } from "./message-content.ts";
import type { WorkNote } from "./message-work.ts";
import { pictureTypeOf } from "./picture-type.ts";

/** Bytes of files that are fetched. Telegram itself hands a bot 20 MiB at most. */
export const documentBytesMax = 10 * 1024 * 1024;
export const pictureBytesMax = 1024 * 1024;
export const recordingBytesMax = 10 * 1024 * 1024;
export const recordingSecondsMax = 1_200;
/** Recordings that are listened to at once, whoever's they are. The others wait. */
export const recordingsAtOnceMax = 2;
/** PDFs that are read at once, whoever's they are: each has a process of its own and up to a gibibyte. The others wait. */
export const pdfsAtOnceMax = 2;
/** Characters of what was heard that are shown above the answer. */
const shownHeardCharsMax = 1_000;

export interface GatherOptions {
  readonly fetcher: Pick<FileFetcher, "fetch">;
  readonly readDocument: ReadDocument;
  /** Absent where no server for speech is configured. */
  readonly hear: Hear | undefined;
  readonly language: keyof Bilingual;
}

export interface Gathered {
  readonly attachments: readonly Attachment[];
  /** What the sender said by voice. */
  readonly spoken: readonly string[];
  /** Lines that stand above the answer. */
  readonly remarks: readonly string[];
}

/** Thrown where the message cannot be asked about; its words are for the sender. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly words: Bilingual;
  constructor(words: Bilingual) {
    super(words.en);
    this.words = words;
  }
}

export interface Notes {
  readonly known: readonly WorkNote[];
  readonly add: (note: WorkNote) => Promise<void>;
}

/** Fetches what a message brought along and takes the words out of it. */
export class Gatherer {
  readonly #options: GatherOptions;
  readonly #ears = new Places(recordingsAtOnceMax);
  readonly #desks = new Places(pdfsAtOnceMax);

  constructor(options: GatherOptions) {
    this.#options = options;
  }

  /** Throws `Refused`; rejects with the signal's reason. */
  async gather(
    { texts, files }: Pick<Content, "texts" | "files">,
    notes: Notes,
    signal: AbortSignal,
  ): Promise<Gathered> {
    // Before anything is fetched.
    if (texts.length + files.length > attachmentsMax) throw new Refused(attachmentWords.tooMany);
    for (const file of files) this.#check(file);
    const attachments: Attachment[] = texts.map((each) => ({ kind: "text", ...each }));
    const spoken: string[] = [];
    const remarks: string[] = [];
    for (const file of files) {
      if (file.use === "picture") attachments.push(await this.#picture(file, signal));
      else if (file.use === "document") {
        const { text, remark } = await this.#document(file, signal);
        attachments.push(text);
        remarks.push(...remark);
      } else {
        const words = await this.#heard(file, notes, signal);
        const shown = cut(words, shownHeardCharsMax);
        remarks.push(`🎤 «${file.use === "speech" ? shown : inert(shown)}»`);
        if (file.use === "speech") spoken.push(words);
        else attachments.push({ kind: "text", text: cut(words, attachmentTextCharsMax) });
      }
    }
    if (!fitTogether(attachments)) throw new Refused(attachmentWords.tooMuch);
    return { attachments, spoken, remarks };
  }

  /** The whole text of a document, for whoever keeps it. Throws `Refused`; rejects with the signal's reason. */
  async document(
    file: FileRef,
    signal: AbortSignal,
  ): Promise<{
    readonly text: string;
    readonly title: string;
    readonly mediaType: DocumentMediaType;
  }> {
    this.#check(file);
    const name = this.#nameOf(file);
    const mediaType = documentTypeOf(file);
    if (mediaType === undefined) throw new Refused(attachmentWords.unknownKind(name));
    const read = async (): Promise<DocumentWords> => {
      const bytes = await this.#bytes(file, documentBytesMax, signal);
      return this.#options.readDocument(bytes, mediaType, signal);
    };
    // Like a recording, one that waits for its turn is not fetched yet.
    const words = await (mediaType === "application/pdf"
      ? this.#desks.within(read, signal)
      : read());
    if (words.kind === "refused") throw new Refused(refusalWords[words.reason](name));
    if (words.text.trim() === "") throw new Refused(refusalWords.no_text(name));
    return { text: words.text, title: words.title ?? name, mediaType };
  }

  #check(file: FileRef): void {
    const { use, bytes = 0, seconds = 0 } = file;
    const name = this.#nameOf(file);
    if (use === "document" && documentTypeOf(file) === undefined)
      throw new Refused(attachmentWords.unknownKind(name));
    if (bytes > bytesMaxOf(use)) throw new Refused(attachmentWords.tooLarge(name, bytesMaxOf(use)));
    if (use !== "speech" && use !== "recording") return;
    if (this.#options.hear === undefined) throw new Refused(attachmentWords.noVoice);
    if (seconds > recordingSecondsMax)
      throw new Refused(attachmentWords.tooLong(recordingSecondsMax / 60));
  }

  async #document(file: FileRef, signal: AbortSignal) {
    const name = this.#nameOf(file);
    const { text } = await this.document(file, signal);
    const taken = cut(text, attachmentTextCharsMax);
    const part = attachmentWords.partTaken(name, taken.length, text.length);
    return {
      text: { kind: "text", name, text: taken } as const,
      remark: taken.length < text.length ? [part[this.#options.language]] : [],
    };
  }

  async #picture(file: FileRef, signal: AbortSignal): Promise<Attachment> {
    const bytes = await this.#bytes(file, pictureBytesMax, signal);
    const mediaType = pictureTypeOf(bytes);
    if (mediaType === undefined) throw new Refused(attachmentWords.unknownKind(this.#nameOf(file)));
    return { kind: "picture", mediaType, data: bytes.toString("base64") };
  }

  /** What is said in a recording. Hearing it again might give other words, so they are written down first. */
  async #heard(file: FileRef, { known, add }: Notes, signal: AbortSignal): Promise<string> {
    const { hear } = this.#options;
    const before = known.find((note) => "heardIn" in note && note.heardIn === file.id);
    if (before !== undefined && "words" in before) return before.words;
    if (hear === undefined) throw new Refused(attachmentWords.noVoice);
    const { name = "voice.ogg", mediaType = "audio/ogg" } = file;
    // One that waits for its turn is not fetched yet: it would take memory.
    const heard = await this.#ears.within(async () => {
      const bytes = await this.#bytes(file, recordingBytesMax, signal);
      return hear({ bytes, name, mediaType }, signal);
    }, signal);
    if (heard.kind === "failed") throw new Refused(heard.detail);
    const words = heard.words.trim();
    if (words === "") throw new Refused(attachmentWords.nothingHeard);
    await add({ heardIn: file.id, words });
    return words;
  }

  async #bytes(file: FileRef, bytesMax: number, signal: AbortSignal): Promise<Buffer> {
    const fetched = await this.#options.fetcher.fetch(file.id, signal);
    const name = this.#nameOf(file);
    if (fetched.kind === "too_large") throw new Refused(attachmentWords.tooLarge(name, bytesMax));
    if (fetched.kind !== "fetched") throw new Refused(attachmentWords[fetched.kind](name));
    if (fetched.bytes.length <= bytesMax) return fetched.bytes;
    throw new Refused(attachmentWords.tooLarge(name, bytesMax));
  }

  /** Whoever named the file, its name leads nowhere. */
  #nameOf({ name }: FileRef): string {
    return name !== undefined ? inert(name) : attachmentWords.unnamed[this.#options.language];
  }
}

function bytesMaxOf(use: FileRef["use"]): number {
  if (use === "document") return documentBytesMax;
  return use === "picture" ? pictureBytesMax : recordingBytesMax;
}

/** What kind of document a file is: by its name, else by what the sender's app says of it. */
function documentTypeOf({ name = "", mediaType = "" }: FileRef): DocumentMediaType | undefined {
  const byName = mediaTypeOf(name);
  if (byName !== undefined) return byName;
  const told = /^(?:text\/(?:markdown|csv|html)|application\/(?:json|pdf))/u.exec(mediaType)?.[0];
  if (told !== undefined) return byMediaType[told];
  return mediaType.startsWith("text/") ? "text/plain" : undefined;
}

const byMediaType: Readonly<Record<string, DocumentMediaType>> = {
  "text/markdown": "text/markdown",
  "text/csv": "text/csv",
  "text/html": "text/html",
  "application/json": "application/json",
  "application/pdf": "application/pdf",
};

const cut = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text : text.slice(0, charsMax).toWellFormed();
