export type PromptRole = "system" | "developer" | "user" | "assistant" | "tool";

export interface PromptMessage {
  readonly role: PromptRole;
  readonly text: string;
}

/** The ChatML text whose token count is `usage.prompt_tokens`; `/apply-template` shows it. */
export function renderPrompt(messages: readonly PromptMessage[]): string {
  let prompt = "";
  for (const message of messages) {
    prompt += `<|im_start|>${message.role}\n${message.text}<|im_end|>\n`;
  }
  return `${prompt}<|im_start|>assistant\n`;
}

/** The text of the last user message, or an empty text. */
export function lastUserText(messages: readonly PromptMessage[]): string {
  return messages.findLast((message) => message.role === "user")?.text ?? "";
}

/** Everything said so far, without the template's marks. */
export function plainPrompt(messages: readonly PromptMessage[]): string {
  return messages.map((message) => message.text).join("\n");
}
