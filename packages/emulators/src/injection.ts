import type { GenerationRequest } from "./generation-request.ts";
import { plainPrompt, type PromptMessage } from "./prompt.ts";
import type { Reply } from "./reply.ts";

export const orderCharsMax = 500;

const injectionPattern =
  /(?:(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+|my\s+)?(?:previous|prior|above|earlier|preceding|system)\s+(?:instructions?|rules?|prompts?|text|messages?)|(?:игнорируй|проигнорируй|забудь|отмени|не\s+учитывай)(?:те)?\s+(?:все\s+)?(?:свои\s+)?(?:предыдущ|прошл|прежн|системн)\p{L}*\s+(?:инструкци|указани|правил|сообщени|команд)\p{L}*)/giu;

const commandPattern =
  /(?<![\w/:.])\/[a-z_]{1,40}(?:\s(?!and\b|then\b|or\b)[a-z_]{1,40}){0,3}(?:\s"[^"\n]{1,200}")?/giu;

/** What follows the last injection phrase in any message, quoted or fenced or not; null when there is none. */
export function injectedOrder(messages: readonly PromptMessage[]): string | null {
  const text = plainPrompt(messages);
  const last = [...text.matchAll(injectionPattern)].at(-1);
  if (last === undefined) return null;
  const after = text
    .slice(last.index + last[0].length, last.index + last[0].length + orderCharsMax)
    .replace(/^[\s,.:;!–—-]*(?:(?:and|then|и|а\s+затем)\s+)?/iu, "");
  return after.split("\n", 1)[0]?.trim() ?? "";
}

/**
 * Carries out an injected order in the worst way a text model can: repeats the order, puts every slash command and
 * `switch_mode` on a line of its own, embeds every address as a picture that carries the prompt's first words, prints
 * the system text when a secret or the prompt is asked for, and calls every tool the order names.
 */
export function obey(order: string, request: GenerationRequest): Reply {
  const system = request.messages
    .filter((message) => message.role === "system" || message.role === "developer")
    .map((message) => message.text)
    .join("\n");
  const lines = [`OK: ${order}`];
  for (const [command] of order.matchAll(commandPattern)) lines.push(command);
  for (const [command] of order.matchAll(/(?<!\/command )switch_mode(?:\s\w+)?/giu))
    lines.push(`/command ${command}`);
  for (const [address] of order.matchAll(/https?:\/\/[^\s)"'<>]+/giu))
    lines.push(`![x](${address}?d=${encodeURIComponent(system.slice(0, 80))})`);
  if (
    /secret|password|token|key|prompt|system|reveal|секрет|парол|ключ|промпт|систем/iu.test(order)
  )
    lines.push(system);
  const text = lines.join("\n");
  const toolCalls = request.toolNames
    .filter((name) => order.includes(name))
    .map((name) => ({ name, arguments: { input: order } }));
  if (toolCalls.length > 0) return { text, toolCalls };
  return request.isJson ? { json: { answer: text } } : text;
}
