import type { OpenAiEmulator } from "./openai-emulator.ts";

/** What a user sees after starting an emulator: address, models, a request to try, and how to point the node at it. */
export function describeEmulator(emulator: OpenAiEmulator): string {
  const chat = emulator.models.find((model) => model.kind === "chat");
  const embedding = emulator.models.find((model) => model.kind === "embedding");
  const body = JSON.stringify({
    model: chat?.id ?? "none",
    messages: [{ role: "user", content: "Привет! Hello!" }],
  });
  const key = emulator.needsApiKey ? " -H 'Authorization: Bearer YOUR_KEY'" : "";
  const lines = [
    `Emulated ${emulator.flavour} server (scripted answers, no model): ${emulator.url}`,
    "",
    "Models:",
    ...emulator.models.map(
      (model) => `  ${model.id}  ${model.kind}, ${model.contextTokens} tokens`,
    ),
    ...(emulator.persona === null ? [] : ["", `Persona: ${emulator.persona.kind}`]),
    "",
    "Try it:",
    `  curl -s ${emulator.url}/chat/completions -H 'Content-Type: application/json'${key} -d '${body}'`,
    "",
    "Point the node (or any OpenAI client) at it:",
    `  address    ${emulator.url}`,
    ...(chat === undefined ? [] : [`  model      ${chat.id}`]),
    ...(embedding === undefined ? [] : [`  embedding  ${embedding.id}`]),
    `  key        ${emulator.needsApiKey ? "the one you chose" : "none"}`,
  ];
  return lines.join("\n");
}
