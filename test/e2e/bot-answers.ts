import type { EmulatedPerson } from "@adyton/emulators";

/** What the bot sends once an answer is there that took more than ten seconds, as any may on a busy machine. */
const remark = /^(?:The answer is here|Ответ готов) ↑$/u;

/** The bot's messages in its chat with a person, without its remarks on answers that took long. */
export const answersTo = ({ answers }: Pick<EmulatedPerson, "answers">) => withoutRemarks(answers);

export function withoutRemarks<M extends { readonly text: string }>(messages: readonly M[]): M[] {
  return messages.filter(({ text }) => !remark.test(text));
}
