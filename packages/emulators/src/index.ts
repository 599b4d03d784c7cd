export { type Certificate, keptCertificate, makeCertificate } from "./certificate.ts";
export { describeEmulator } from "./describe-emulator.ts";
export { EmulatorError } from "./emulator-error.ts";
export type { Endpoint, Fault, UsageFault } from "./fault.ts";
export { generateModel, type GeneratedModelOptions } from "./generated-model.ts";
export type { GenerationRequest } from "./generation-request.ts";
export { defaultModels, flavours, type EmulatedModel, type Flavour } from "./model-list.ts";
export {
  startOpenAiEmulator,
  type OpenAiEmulator,
  type OpenAiEmulatorOptions,
} from "./openai-emulator.ts";
export { parsePersona, personaExamples, personaKinds, type Persona } from "./persona.ts";
export type { PromptMessage } from "./prompt.ts";
export type { Reply, ReplyContext, ReplyFunction, ToolCall } from "./reply.ts";
export type { RecordedRequest } from "./request-journal.ts";
export type { Rule } from "./rule.ts";
export { countTokens, tokensOf } from "./tokenizer.ts";
export type { BotFault } from "./telegram/bot-fault.ts";
export { pageVisitor } from "./telegram/chat-page.ts";
export type { BotCallRecord } from "./telegram/call-journal.ts";
export type { EmulatedPerson } from "./telegram/emulated-person.ts";
export {
  startTelegramEmulator,
  type TelegramEmulator,
  type TelegramEmulatorOptions,
} from "./telegram/telegram-emulator.ts";
