import type { GenerationRequest } from "./generation-request.ts";
import { answerFromPassages } from "./grounded.ts";
import { wordOf, type JsonValue } from "./json.ts";
import { isItemRight } from "./judging.ts";
import { plainPrompt } from "./prompt.ts";
import { asksToRecall, factFor, factsIn, questionOf, recalled } from "./recall.ts";
import type { Reply, ReplyContext } from "./reply.ts";
import { schemaValue, type LeafChoices } from "./schema-value.ts";
import { smallTalk } from "./small-talk.ts";
import { flagOf, verdictOf } from "./verdict.ts";

// Only a quoted word or one in capitals: "say hello to her" asks for more than a repetition.
const repeatPattern =
  /^\s*(?:[Pp]lease\s+)?(?:[Rr]epeat|[Ss]ay|[Пп]овтори|[Сс]кажи)\s+(?:["'«“]([\p{L}\p{N}_-]{2,80})["'»”]|([\p{Lu}\p{N}_-]{3,80})(?![\p{L}\p{N}]))/u;

/**
 * The honest mind behind every persona. It fills a schema with facts stated in the prompt ("mode: direct" answers the
 * property `mode`), judges numbered answers, quotes the passages it
 * is shown, and abstains elsewhere, recalls planted facts it is asked for, repeats a word on demand, and
 * otherwise makes small talk. `visible` is what it may read: personas that forget pass less than the prompt.
 */
export function think(request: GenerationRequest, context: ReplyContext, visible?: string): Reply {
  if (request.schema !== null)
    return {
      json: answerFromPassages(request, visible) ?? fillSchema(request, context, visible),
    };
  const question = questionOf(request.lastUserText);
  if (asksToRecall(question)) {
    const answer = recalled(factsIn(visible ?? plainPrompt(request.messages)), question);
    if (answer !== null) return answer;
  }
  const [, quoted, capitals] = repeatPattern.exec(request.lastUserText) ?? [];
  const text = quoted ?? capitals ?? smallTalk(request.lastUserText, context.seed);
  return request.isJson ? { json: { answer: text } } : text;
}

/** A value for the request's schema; `leaves` replaces the honest mind's choices where a persona differs. */
export function fillSchema(
  request: GenerationRequest,
  context: ReplyContext,
  visible?: string,
  leaves: Partial<LeafChoices> = {},
): JsonValue {
  return schemaValue(request.schema ?? {}, {
    ...honestLeaves(request, context, visible),
    ...leaves,
  });
}

/** Stated facts first; abstention in enums and small talk in answers where nothing was stated. */
export function honestLeaves(
  request: GenerationRequest,
  context: ReplyContext,
  visible?: string,
): LeafChoices {
  const facts = factsIn(visible ?? plainPrompt(request.messages));
  return {
    text: (key) =>
      factFor(facts, key) ??
      (/answer|reply|text|summary|ответ/iu.test(key) || key === ""
        ? smallTalk(request.lastUserText, context.seed)
        : "unknown"),
    pick: (values, key) => {
      const stated = factFor(facts, key)?.toLowerCase();
      const named = values.find((value) => wordOf(value).toLowerCase() === stated);
      const isRight = isItemRight(request.lastUserText, key);
      const leaning = isRight === undefined ? "abstain" : isRight ? "approve" : "reject";
      return named ?? verdictOf(values, leaning);
    },
    flag: (key) => {
      const stated = factFor(facts, key);
      return stated === undefined ? flagOf(key, "reject") : /^(?:true|yes|on|да)$/iu.test(stated);
    },
    number: (key) => {
      const stated = Number.parseFloat(factFor(facts, key) ?? "");
      return Number.isFinite(stated) ? stated : 0;
    },
  };
}
