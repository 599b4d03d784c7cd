import type { OpenAiEmulator } from "./openai-emulator.ts";

const words = {
  en: {
    emulated: (flavour: string) => `Emulated ${flavour} server (scripted answers, no model)`,
    models: "Models",
    tokens: "tokens",
    persona: "Persona",
    tryIt: "Try it",
    client: "For an OpenAI client",
    address: "address",
    model: "model",
    embedding: "embedding",
    key: "key",
    noKey: "none",
    ownKey: "the one you chose",
  },
  ru: {
    emulated: (flavour: string) => `Эмулятор сервера ${flavour} (ответы по шаблону, без модели)`,
    models: "Модели",
    tokens: "токенов",
    persona: "Характер",
    tryIt: "Попробовать",
    client: "Для клиента OpenAI",
    address: "адрес",
    model: "модель",
    embedding: "векторы",
    key: "ключ",
    noKey: "не нужен",
    ownKey: "тот, что вы выбрали",
  },
} as const;

/** What a user sees after starting an emulator: address, models, a request to try, and how a client reaches it. */
export function describeEmulator(emulator: OpenAiEmulator, language: keyof typeof words): string {
  const say = words[language];
  const chat = emulator.models.find((model) => model.kind === "chat");
  const embedding = emulator.models.find((model) => model.kind === "embedding");
  const body = JSON.stringify({
    model: chat?.id ?? "none",
    messages: [{ role: "user", content: "Привет! Hello!" }],
  });
  const key = emulator.needsApiKey ? " -H 'Authorization: Bearer YOUR_KEY'" : "";
  const lines = [
    `${say.emulated(emulator.flavour)}: ${emulator.url}`,
    "",
    `${say.models}:`,
    ...emulator.models.map(
      (model) => `  ${model.id}  ${model.kind}, ${model.contextTokens} ${say.tokens}`,
    ),
    ...(emulator.persona === null ? [] : ["", `${say.persona}: ${emulator.persona.kind}`]),
    "",
    `${say.tryIt}:`,
    `  curl -s ${emulator.url}/chat/completions -H 'Content-Type: application/json'${key} -d '${body}'`,
    "",
    `${say.client}:`,
    ...[
      [say.address, emulator.url],
      [say.model, chat?.id],
      [say.embedding, embedding?.id],
      [say.key, emulator.needsApiKey ? say.ownKey : say.noKey],
    ].flatMap(([name = "", value]) =>
      value === undefined ? [] : [`  ${name.padEnd(11)}${value}`],
    ),
  ];
  return lines.join("\n");
}
