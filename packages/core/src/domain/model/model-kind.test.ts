import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mayBeginReasoning, modelKindByName, type ModelKind } from "./model-kind.ts";

const names: Readonly<Record<ModelKind, readonly string[]>> = {
  chat: [
    "llama3.2:3b",
    "meta-llama/Llama-3.3-70B-Instruct",
    "Qwen/Qwen3-32B-AWQ",
    "qwen2.5-coder:14b-instruct-q4_K_M",
    "mistral-small3.2:24b",
    "mistralai/Mixtral-8x7B-Instruct-v0.1",
    "gemma3:12b-it-qat",
    "google/gemma-4-31b-it",
    "phi4:14b",
    "microsoft/Phi-4-mini-instruct",
    "deepseek-r1:8b",
    "deepseek-ai/DeepSeek-V3.2",
    "gpt-oss:20b",
    "gpt-4o-mini",
    "t-tech/T-pro-it-2.0",
    "yandex/YandexGPT-5-Lite-8B-instruct",
    "ai-sage/GigaChat-20B-A3B-instruct",
    "IlyaGusev/saiga_nemo_12b",
    "Vikhrmodels/Vikhr-Nemo-12B-Instruct-R-21-09-24",
    "/models/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf",
    "command-r7b:7b",
    "snowflake-arctic-instruct",
    "granite3.3:8b",
    "nousresearch/hermes-4-70b",
    "zai-org/GLM-4.5-Air",
    "openbmb/MiniCPM4-8B",
    "tinyllama:1.1b",
    "llava:13b",
    "moonshotai/Kimi-K2-Instruct",
  ],
  embedding: [
    "nomic-embed-text:latest",
    "mxbai-embed-large",
    "BAAI/bge-m3",
    "bge-large:335m",
    "all-minilm:33m",
    "sentence-transformers/all-MiniLM-L6-v2",
    "sentence-transformers/paraphrase-multilingual-mpnet-base-v2",
    "intfloat/multilingual-e5-large",
    "intfloat/e5-mistral-7b-instruct",
    "Alibaba-NLP/gte-Qwen2-7B-instruct",
    "Qwen/Qwen3-Embedding-0.6B",
    "embeddinggemma:300m",
    "snowflake-arctic-embed2:568m",
    "granite-embedding:278m",
    "text-embedding-3-small",
    "jinaai/jina-embeddings-v3",
    "nvidia/NV-Embed-v2",
    "Salesforce/SFR-Embedding-Mistral",
    "ai-forever/ru-en-RoSBERTa",
    "ai-forever/FRIDA",
    "ai-sage/Giga-Embeddings-instruct",
    "cointegrated/rubert-tiny2",
    "deepvk/USER-bge-m3",
    "sentence-transformers/LaBSE",
    "NovaSearch/stella_en_1.5B_v5",
    "text-embedding-nomic-embed-text-v1.5",
  ],
  reranker: [
    "BAAI/bge-reranker-v2-m3",
    "jinaai/jina-reranker-v2-base-multilingual",
    "Qwen/Qwen3-Reranker-4B",
    "mixedbread-ai/mxbai-rerank-large-v2",
    "cross-encoder/ms-marco-MiniLM-L6-v2",
    "Alibaba-NLP/gte-multilingual-reranker-base",
  ],
  other: [
    "whisper-1",
    "openai/whisper-large-v3-turbo",
    "tts-1-hd",
    "hexgrad/Kokoro-82M",
    "stabilityai/stable-diffusion-3.5-large",
    "black-forest-labs/FLUX.1-dev",
    "google/siglip-so400m-patch14-384",
    "gpt-image-1",
  ],
};

describe("modelKindByName", () => {
  for (const kind of ["chat", "embedding", "reranker", "other"] as const)
    for (const name of names[kind])
      it(`takes ${name} for ${kind}`, () => assert.equal(modelKindByName(name), kind));
});

describe("mayBeginReasoning", () => {
  for (const name of [
    "deepseek-r1:8b",
    "Qwen/QwQ-32B",
    "Qwen3-4B-Thinking-2507",
    "Magistral-Small-2506",
  ])
    it(`expects it of ${name}`, () => assert.ok(mayBeginReasoning(name)));
  for (const name of ["llama3.2:3b", "qwen2.5:7b", "command-r7b:7b", "gemma3:12b"])
    it(`does not of ${name}`, () => assert.ok(!mayBeginReasoning(name)));
});
