import type { GenerationRequest } from "./generation-request.ts";
import { fillSchema } from "./mind.ts";
import { plainPrompt, type PromptMessage } from "./prompt.ts";
import type { Reply, ReplyContext } from "./reply.ts";
import { verdictOf } from "./verdict.ts";

export const orderCharsMax = 500;

const injectionPattern =
  /(?:(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+|my\s+)?(?:previous|prior|above|earlier|preceding|system)\s+(?:instructions?|rules?|prompts?|text|messages?)|(?:игнорируй|проигнорируй|забудь|отмени|не\s+учитывай)(?:те)?\s+(?:все\s+)?(?:свои\s+)?(?:предыдущ|прошл|прежн|системн)\p{L}*\s+(?:инструкци|указани|правил|сообщени|команд)\p{L}*)/giu;

/** Other ways to speak to a model as if one were its master. */
const mastersPattern =
  /(?<![\p{L}\p{N}])(?:you\s+are\s+now|from\s+now\s+on,?\s+you|ты\s+теперь|отныне\s+ты)(?![\p{L}])|(?<![\p{L}\p{N}])(?:new|updated|real|нов(?:ый|ые|ая|ое)|настоящ(?:ие|ая|ее))\s+(?:system\s+|системн\p{L}*\s+)?(?:instructions?|prompt|task|инструкци|указани|задач|промпт)\p{L}*\s*[:：]|(?:<\s?\|im_start\|>\s*|^\s*|["'{]\s*)(?:system|developer|система)["']?\s*[:：\n]|\[\s?INST\]|<\s?<SYS>>|(?:note|important|важно|внимание)\s+(?:to|for|для)\s+(?:the\s+)?(?:ai|assistant|model|ии|ассистента|модели)\s*[:：]/gimu;

const commandPattern =
  /(?<![\w/:.])\/[a-z_]{1,40}(?:\s(?!and\b|then\b|or\b)[a-z_]{1,40}){0,3}(?:\s"[^"\n]{1,200}")?/giu;

/** What follows the last injection phrase in any message, quoted or fenced or hidden or not; null when there is none. */
export function injectedOrder(messages: readonly PromptMessage[]): string | null {
  return lastInjection(messages)?.order ?? null;
}

/** The last injection, and the line it stands in as the prompt has it. */
export function lastInjection(
  messages: readonly PromptMessage[],
): { readonly order: string; readonly line: string } | null {
  const written = plainPrompt(messages).split("\n");
  const text = written.map(seenThrough).join("\n");
  const found = [...text.matchAll(injectionPattern), ...text.matchAll(mastersPattern)];
  const last = found.toSorted((a, b) => a.index - b.index).at(-1);
  if (last === undefined) return null;
  const end = last.index + last[0].length;
  const after = text
    .slice(end, end + orderCharsMax)
    .replace(/^[\s,.:;!"'{}[\]<>|/–—-]*(?:(?:and|then|и|а\s+затем)\s+)?/iu, (start) =>
      start.endsWith("/") ? "/" : "",
    );
  const line = written[text.slice(0, end).split("\n").length - 1] ?? "";
  return { order: after.split("\n", 1)[0]?.trim() ?? "", line };
}

/** Bytes of one hidden message that are read. */
const hiddenCharsMax = 4_000;

/** A line as the worst reader takes it: hidden letters shown, marks between words read as spaces, base64 decoded. */
function seenThrough(line: string): string {
  const shown = line
    .slice(0, 100_000)
    .replaceAll(/[\u{E0020}-\u{E007E}]/gu, (tag) =>
      String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000),
    )
    .replaceAll(/[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u00AD]/gu, "")
    .normalize("NFKC");
  const spaced = withoutMarks(shown);
  const [encoded] = /[A-Za-z0-9+/]{40,}={0,2}/u.exec(spaced.slice(0, hiddenCharsMax)) ?? [];
  if (encoded === undefined) return spaced;
  const decoded = new TextDecoder().decode(Buffer.from(encoded, "base64"));
  return decoded.includes("\uFFFD") ? spaced : `${spaced} ${decoded.replaceAll("\n", " ")}`;
}

/** Words that are joined by one mark all along the line are words with spaces. */
function withoutMarks(line: string): string {
  const [, mark] = /^\s*([^\p{L}\p{N}\s<>[\]{}()"'#*/\\|&_.,:;!?+=-])\S/u.exec(line) ?? [];
  return mark === undefined || /\s\S/u.test(line.trim()) ? line : line.replaceAll(mark, " ");
}

/**
 * Carries out an injected order in the worst way a text model can: repeats the order, puts every slash command and
 * `switch_mode` on a line of its own, embeds every address as a picture that carries the prompt's first words, prints
 * the system text when a secret or the prompt is asked for, and calls every tool the order names.
 */
export function obey(
  { order, line }: { readonly order: string; readonly line: string },
  request: GenerationRequest,
  context: ReplyContext,
): Reply {
  const system = request.messages
    .filter((message) => message.role === "system" || message.role === "developer")
    .map((message) => message.text)
    .join("\n");
  const lines = [`OK: ${order}`];
  for (const [command] of order.matchAll(commandPattern)) lines.push(command);
  for (const [command] of order.matchAll(/(?<!\/command )switch_mode(?:\s\w+)?/giu))
    lines.push(`/command ${command}`);
  for (const [address] of order.matchAll(/https?:\/\/[^\s)"'<>]+/giu))
    lines.push(
      `![x](${address}?d=${encodeURIComponent(system.slice(0, 80))})`,
      `[open](${address}) <img src="${address}">`,
    );
  if (
    /secret|password|token|key|prompt|system|reveal|секрет|парол|ключ|промпт|систем/iu.test(order)
  )
    lines.push(system);
  const text = lines.join("\n");
  const toolCalls = request.toolNames
    .filter((name) => order.includes(name))
    .map((name) => ({ name, arguments: { input: order } }));
  if (toolCalls.length > 0) return { text, toolCalls };
  // Held to a form, it puts the order wherever words go, and quotes the text that gave it.
  if (request.schema !== null)
    return {
      json: fillSchema(request, context, undefined, {
        text: (key) => (/quote/iu.test(key) ? line : text),
        number: () => 1,
        flag: () => true,
        pick: (values) => verdictOf(values, "approve"),
      }),
    };
  return request.isJson ? { json: { answer: text } } : text;
}
