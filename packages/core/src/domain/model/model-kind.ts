/** What a model is for. `other` hears, speaks or draws: it is listed beside chat models and cannot answer. */
export type ModelKind = "chat" | "embedding" | "reranker" | "other";

const reranker = /rerank|cross-?encoder|ms-marco|(^|-)colbert/;

// Families that are named without the word "embedding", as whole words of a name.
const embedding =
  /embed|(^|[-_./:])(bge|e5|gte|gtr|uae|minilm|mpnet|sbert|labse|stella|instructor|nomic-bert|modernbert|xlm|bert|roberta|rosberta|rubert|frida|simcse|sentence-t5|sentence-transformers|paraphrase|jina-(clip|colbert)|voyage|retriever|contriever|splade|granite-embedding|text-similarity)([-_./:0-9]|$)|all-minilm|bert-tiny|rubert|user-(base|bge)/;

const other =
  /whisper|(^|[-_./:])(tts|stt|asr|kokoro|bark|xtts|piper|parler|orpheus|wav2vec2|parakeet|canary-1b|silero|clip|siglip|flux|sdxl|sd3|dall-e|gpt-image|omni-moderation|text-moderation|musicgen|encodec)([-_./:0-9]|$)|stable-diffusion/;

/**
 * Tells a model's kind from its name alone, for servers that do not say. The rule: a name that contains "rerank" (or a
 * reranker's family) is a reranker, one with "embed" or an embedding family as a word is an embedding model, one of a
 * speech or image family is neither, and everything else is a chat model.
 */
export function modelKindByName(name: string): ModelKind {
  const lowered = name.toLowerCase();
  if (reranker.test(lowered)) return "reranker";
  if (embedding.test(lowered)) return "embedding";
  if (other.test(lowered)) return "other";
  return "chat";
}

// Their chat template opens the reasoning itself, so that only the closing tag appears in the answer.
const reasoningFamilies =
  /deepseek-r1|(^|[-_./:])(r1|qwq|qvq)([-_./:]|$)|thinking|reason|magistral|glm-(4\.1v|4\.5|4\.6|z1)|marco-o1|openthinker|skywork-o1|smallthinker|exaone-deep|nemotron.*(nano|ultra)|minimax-m[12]|phi-4-mini-flash|ernie.*think/;

/** Whether a model of this name may begin with reasoning that no tag opens. */
export function mayBeginReasoning(name: string): boolean {
  return reasoningFamilies.test(name.toLowerCase());
}
