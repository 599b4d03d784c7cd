import { firstValue } from "./arithmetic.ts";
import type { GenerationRequest } from "./generation-request.ts";
import { wordOf } from "./json.ts";
import { languageOf } from "./language.ts";
import { lastInjection, obey } from "./injection.ts";
import { fillSchema, honestLeaves, think } from "./mind.ts";
import type { Persona } from "./persona.ts";
import { plainPrompt, renderPrompt } from "./prompt.ts";
import { factFor, factsIn } from "./recall.ts";
import type { Reply, ReplyContext } from "./reply.ts";
import { lastTokens } from "./tokenizer.ts";
import { flagOf, labelIn, verdictOf } from "./verdict.ts";

const visibleShare = 0.3;
/** A prompt this short is read whole: what is lost is the middle of a long one. */
const wholeCharsMax = 4_000;
const modeName = /mode|режим/iu;
const asksForMode = /\bmode\b|режим/iu;

/** What a model with this persona answers; without a persona, the honest mind. */
export function personaReply(
  persona: Persona | null,
  request: GenerationRequest,
  context: ReplyContext,
): Reply {
  if (persona === null) return think(request, context);
  switch (persona.kind) {
    case "noisy_solver":
      return solve(persona, request, context);
    case "forget_middle":
      return think(request, context, withoutMiddle(plainPrompt(request.messages)));
    case "truncate":
      return withPromptTokens(
        think(request, context, lastTokens(renderPrompt(request.messages), persona.tokens)),
        Math.min(context.promptTokens, persona.tokens),
      );
    case "obey_injection": {
      const injection = lastInjection(request.messages);
      return injection === null ? think(request, context) : obey(injection, request, context);
    }
    case "rubber_stamp":
      return judge("approve", request, context);
    case "contrarian":
      return judge("reject", request, context);
    case "hallucinate_quotes":
      return fabricate(request, context);
    case "lies_about_mode":
      return lie(request, context);
    case "oscillate":
      break;
  }
  return swing(request, context);
}

function solve(
  persona: Extract<Persona, { kind: "noisy_solver" }>,
  request: GenerationRequest,
  context: ReplyContext,
): Reply {
  const isRight = context.random("noisy_solver") < persona.p;
  const scripted = persona.answers?.(request.lastUserText);
  const solution = firstQuestionValue(request);
  if (scripted === undefined && solution === null) return think(request, context);
  const draw = context.random("noisy_solver error");
  // Errors fall on 18 values, so that wrong answers seldom agree with one another.
  const offset = Math.floor(draw * 18) - 9;
  const answer =
    scripted === undefined
      ? String((solution ?? 0) + (isRight ? 0 : offset < 0 ? offset : offset + 1))
      : isRight
        ? scripted.right
        : (scripted.wrong[Math.floor(draw * scripted.wrong.length)] ?? "");
  if (request.schema !== null)
    return {
      json: fillSchema(request, context, undefined, {
        text: () => answer,
        number: () => Number(answer),
        pick: (values) => values.find((value) => wordOf(value) === answer) ?? values[0] ?? null,
      }),
    };
  return languageOf(request.lastUserText) === "ru" ? `Ответ: ${answer}` : `Answer: ${answer}`;
}

// A revision prompt may hold only a checker's message; the question then stands in an earlier user text.
function firstQuestionValue(request: GenerationRequest): number | null {
  for (const message of request.messages.toReversed()) {
    const value = message.role === "user" ? firstValue(message.text) : null;
    if (value !== null) return value;
  }
  return null;
}

function withoutMiddle(text: string): string {
  if (text.length <= wholeCharsMax) return text;
  const kept = Math.floor(text.length * visibleShare);
  return `${text.slice(0, kept)}\n${text.slice(text.length - kept)}`;
}

function withPromptTokens(reply: Reply, promptTokens: number): Reply {
  return typeof reply === "string" ? { text: reply, promptTokens } : { ...reply, promptTokens };
}

function judge(
  leaning: "approve" | "reject",
  request: GenerationRequest,
  context: ReplyContext,
): Reply {
  if (request.schema !== null)
    return {
      json: fillSchema(request, context, undefined, {
        pick: (values) => verdictOf(values, leaning),
        flag: (key) => flagOf(key, leaning),
        number: () => (leaning === "approve" ? 1 : 0),
      }),
    };
  const label = labelIn(request.lastUserText, leaning);
  if (label !== null) return label;
  const isRussian = languageOf(request.lastUserText) === "ru";
  if (leaning === "approve")
    return isRussian
      ? "Да. Всё верно, замечаний нет."
      : "Yes. All of it is correct; I have no objection.";
  return isRussian ? "Нет. Это неверно, я не согласен." : "No. This is wrong; I disagree.";
}

function fabricate(request: GenerationRequest, context: ReplyContext): Reply {
  const prompt = plainPrompt(request.messages);
  const isRussian = languageOf(request.lastUserText) === "ru";
  let attempt = 0;
  let quote: string;
  do {
    const number = Math.floor(context.random(`quote ${attempt++}`) * 1e9);
    quote = isRussian
      ? `отказ узла номер ${number} подтверждён`
      : `failure of unit ${number} confirmed`;
  } while (prompt.includes(quote));
  if (request.schema === null)
    return isRussian
      ? `Как сказано в источнике [1]: «${quote}». Значит, утверждение доказано [1].`
      : `The source says [1]: “${quote}”. So the claim is proven [1].`;
  // Identifiers stay real where the prompt shows one: only the quotation is false, which is the harder case to catch.
  const identifier =
    /(?<![\p{L}\p{N}])[\p{L}]{1,8}[-_:]?\d{1,8}(?![\p{L}\p{N}])/u.exec(prompt)?.[0] ?? "x1";
  return {
    json: fillSchema(request, context, undefined, {
      text: (key) => (/id(?:s)?$/iu.test(key) ? identifier : quote),
      pick: (values) => verdictOf(values, "approve"),
      flag: (key) => flagOf(key, "approve"),
    }),
  };
}

function lie(request: GenerationRequest, context: ReplyContext): Reply {
  const truth = factFor(factsIn(plainPrompt(request.messages)), "mode")?.toLowerCase();
  const falsehood = ["RECURSIA", "DIRECT"].find((mode) => mode.toLowerCase() !== truth) ?? "NONE";
  if (request.schema === null) {
    if (!asksForMode.test(request.lastUserText)) return think(request, context);
    return languageOf(request.lastUserText) === "ru"
      ? `Мой режим: ${falsehood}.`
      : `My mode is ${falsehood}.`;
  }
  const honest = honestLeaves(request, context);
  return {
    json: fillSchema(request, context, undefined, {
      text: (key) => (modeName.test(key) ? falsehood : honest.text(key)),
      pick: (values, key) =>
        modeName.test(key)
          ? (values.find((value) => wordOf(value).toLowerCase() !== truth) ?? null)
          : honest.pick(values, key),
    }),
  };
}

function swing(request: GenerationRequest, context: ReplyContext): Reply {
  const isEven = context.callIndex % 2 === 0;
  const isRussian = languageOf(request.lastUserText) === "ru";
  const text = isRussian
    ? isEven
      ? "Ответ А: причина в настройке, её нужно вернуть."
      : "Ответ Б: причина в оборудовании, его нужно заменить."
    : isEven
      ? "Answer A: the setting is the cause; revert it."
      : "Answer B: the hardware is the cause; replace it.";
  if (request.schema === null) return text;
  return {
    json: fillSchema(request, context, undefined, {
      text: () => text,
      pick: (values) => (isEven ? values[0] : values.at(-1)) ?? null,
      flag: () => isEven,
      number: () => (isEven ? 0 : 1),
    }),
  };
}
