import assert from "node:assert/strict";
import { it } from "node:test";
import { overlaysActiveMax } from "@adyton/protocol";
import { estimateTokens } from "../model/token-estimate.ts";
import { corePromptDefault, systemPrompt } from "./core-prompt.ts";

it("costs the model at most 600 tokens", () => {
  const tokens = estimateTokens(corePromptDefault);
  assert.ok(tokens > 0 && tokens <= 600, `${tokens} tokens`);
});

it("is sent as it stands, with the intents behind it in their order", () => {
  assert.equal(systemPrompt(corePromptDefault, []), corePromptDefault);
  const texts = ["Отвечай стихами.", "Be brief.", "Третье."].slice(0, overlaysActiveMax);
  const prompt = systemPrompt(corePromptDefault, texts);
  assert.ok(prompt.startsWith(`${corePromptDefault}\n\n`));
  const places = texts.map((text) => prompt.indexOf(`\n- ${text}`, corePromptDefault.length));
  assert.ok(places.every((place) => place > 0));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});
