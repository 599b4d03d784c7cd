import {
  type Bilingual,
  Document,
  type MessageRequest,
  messageTextCharsMax,
} from "@adyton/protocol";
import type { Clock } from "@adyton/runtime/clock";
import { Undeliverable } from "../../app/channels/delivery.ts";
import type { OwedWork, WorkDone } from "../../app/channels/owed-work.ts";
import { inert } from "../../domain/exit-filter/exit-filter.ts";
import type { Principal } from "../../ports/http.ts";
import type { Albums } from "./albums.ts";
import { askNode, questionOf } from "./ask-node.ts";
import { attachmentWords } from "./attachment-words.ts";
import type { BotOperations } from "./bot-operations.ts";
import { type Gatherer, Refused } from "./gather.ts";
import type { Content } from "./message-content.ts";
import { problemInWords } from "./problem-in-words.ts";
import { joined, MessageWork, WorkNote } from "./message-work.ts";

export interface WorksOptions {
  readonly gatherer: Gatherer;
  readonly albums: Albums;
  readonly operations: Pick<BotOperations, "perform" | "principalOf" | "buttons">;
  readonly language: keyof Bilingual;
  readonly clock: Clock;
}

/** A node that takes nothing now is asked again so often. */
const laterMs = 2_000;
const titleCharsMax = 300;
const sourceCharsMax = 512;

/** Whether a caption asks to keep a document; the rest of it is the title. */
export const memoryAdd = /^\/memory[ _]+add\b\s*(.*)$/isu;

/** Brings what a message brought along to where it can be asked about, and asks. */
export class Works {
  readonly #options: WorksOptions;

  constructor(options: WorksOptions) {
    this.#options = options;
  }

  /** Does what a reply waits for; begins anew where the last process left off. Rejects with the signal's reason. */
  async do(owed: OwedWork, signal: AbortSignal): Promise<WorkDone> {
    const { language, operations, albums } = this.#options;
    const principal = operations.principalOf(owed.actor);
    if (principal === undefined) throw new Undeliverable("not_admitted", "the asker is sent away");
    const work = MessageWork.parse(owed.work);
    if (work.album !== undefined) await albums.settle(work.album, signal);
    const known = owed.notes().flatMap((note) => WorkNote.safeParse(note).data ?? []);
    const content = joined(work.content, known);
    try {
      const title = memoryAdd.exec(content.text)?.[1];
      if (title !== undefined) return await this.#remember(principal, { title, content }, signal);
      const notes = { known, add: owed.note };
      return await this.#ask(principal, { work, content, notes }, signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { kind: "text", text: error.words[language] };
    }
  }

  async #ask(
    principal: Principal,
    {
      work: { key, conversation },
      content,
      notes,
    }: {
      readonly work: MessageWork;
      readonly content: Content;
      readonly notes: Parameters<Gatherer["gather"]>[1];
    },
    signal: AbortSignal,
  ): Promise<WorkDone> {
    const { gatherer, language, operations, clock } = this.#options;
    const { attachments, spoken, remarks } = await gatherer.gather(content, notes, signal);
    const lead = remarks.length === 0 ? "" : `${remarks.join("\n")}\n\n`;
    const text = [content.text, ...spoken].filter((words) => words !== "").join("\n");
    const body: MessageRequest = {
      ...questionOf({ ...content, text, texts: [] }, { conversation, language }),
      // What was said aloud is never a command.
      ...(spoken.length === 0 ? {} : { spoken: true, text: text.slice(0, messageTextCharsMax) }),
      ...(attachments.length === 0 ? {} : { attachments: [...attachments] }),
    };
    for (;;) {
      const asked = await askNode(operations.perform, principal, { key, body, language });
      if (asked.kind === "run") return { ...asked, lead };
      if (asked.kind === "text") {
        const buttons = await operations.buttons(body.text, asked.data, principal);
        return { kind: "text", text: `${lead}${asked.text}`, buttons };
      }
      await clock.sleep(laterMs, signal);
    }
  }

  /** Puts the documents of a message into memory, as somebody else's words, in its sender's name. */
  async #remember(
    principal: Principal,
    { title, content }: { readonly title: string; readonly content: Content },
    signal: AbortSignal,
  ): Promise<WorkDone> {
    const { gatherer, language, operations } = this.#options;
    const documents = content.files.filter(({ use }) => use === "document");
    if (documents.length === 0) throw new Refused(attachmentWords.sendDocument);
    const told: string[] = [];
    for (const file of documents) {
      const { text, mediaType, title: found } = await gatherer.document(file, signal);
      const named = (title === "" ? found : title).slice(0, titleCharsMax).toWellFormed();
      const source = `telegram/${file.name ?? file.id}`.slice(0, sourceCharsMax).toWellFormed();
      const body = { title: named, text, mediaType, source, external: true };
      const reply = await operations.perform(principal, { route: "addDocument", body });
      if (reply.kind === "problem") told.push(problemInWords(reply.problem, language));
      if (reply.kind !== "json") continue;
      const added = Document.parse(reply.body);
      told.push(attachmentWords.remembered(inert(added.title), text.length)[language]);
    }
    return { kind: "text", text: told.join("\n") };
  }
}
