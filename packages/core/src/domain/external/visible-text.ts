/**
 * Characters nobody sees or that turn text round: format controls (zero-width, bidi, the U+E0000 tags), control codes
 * but for tab and the ends of lines, blank letters, variation selectors. An emoji's own joiner stays.
 */
const hidden =
  /(?<!\p{Extended_Pictographic}\uFE0F?)\u200D|\u200D(?!\p{Extended_Pictographic})|[[\p{Cf}\p{Cc}\u115F\u1160\u3164\uFFA0]--[\t\n\r\u200D]]|[\uFE00-\uFE0E]|[\u{E0100}-\u{E01EF}]|\u034F|[\u17B4\u17B5]/gv;

/** Words by which templates of chat models tell a message from its neighbours, or reasoning from speech. */
const templateWords =
  "s|bos|eos|pad|unk|think|thinking|system|user|assistant|tool_call|tool_response|tools|function_call|start_of_turn|end_of_turn|start_header_id|end_header_id";
const templateMarks = "INST|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|SYSTEM_PROMPT|CONTROL_\\d{1,3}";
const controlToken = new RegExp(
  `<(?=[|｜][^|｜\\s<>]{1,40}[|｜]>)|<(?=<\\/?SYS>>)|<(?=\\/?(?:${templateWords})>)|\\[(?=\\/?(?:${templateMarks})\\])`,
  "giu",
);

/** The text without characters that nobody sees. */
function withoutHidden(text: string): string {
  return text.replace(hidden, "");
}

/**
 * The text with every control token of a model's template broken open by a space: it reads the same, and no tokenizer
 * takes it for one. Only openings are touched, so breaking one cannot put another together.
 */
function withoutControlTokens(text: string): string {
  return text.replace(controlToken, (opening) => `${opening} `);
}

/** A text of somebody else's as a model or a reader may have it: all of its words, and nothing but words. */
export function visibleText(text: string): string {
  return withoutControlTokens(withoutHidden(text));
}

/** Where the first control token stands. */
export function controlTokenAt(text: string): number | undefined {
  const at = text.search(controlToken);
  return at === -1 ? undefined : at;
}
