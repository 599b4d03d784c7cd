import * as z from "zod";
import { stopTextsMax } from "./limits.ts";

/*
 * The former API of text-generation-webui, which many a script still speaks. Its requests carry dozens of sampling
 * parameters; those every model server knows are passed on, the rest is ignored, as that program did.
 */

const prompt = z.string().min(1);

export const GenerateRequest = z
  .looseObject({
    prompt,
    max_new_tokens: z.int().min(1).nullish(),
    max_length: z.int().min(1).nullish().describe("Holds when `max_new_tokens` is left out."),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    top_k: z.int().nullish(),
    min_p: z.number().nullish(),
    repetition_penalty: z.number().nullish(),
    seed: z.int().nullish().describe("-1 is a random one."),
    stopping_strings: z.array(z.string()).max(stopTextsMax).nullish(),
  })
  .meta({
    id: "GenerateRequest",
    description: "A prompt to go on from. Unknown keys are ignored.",
  });
export type GenerateRequest = z.infer<typeof GenerateRequest>;

export const GenerateResults = z
  .strictObject({ results: z.array(z.strictObject({ text: z.string() })).length(1) })
  .meta({ id: "GenerateResults", description: "What the model went on with." });

export const ModelRequest = z
  .looseObject({
    action: z
      .enum(["info", "list"], { error: "must be info or list: the node loads no models" })
      .optional(),
  })
  .meta({ id: "ModelRequest", description: "What to tell of the models." });

export const ModelResult = z
  .strictObject({ result: z.union([z.string(), z.array(z.string())]) })
  .meta({ id: "ModelResult", description: "The model's name, or all names." });

export const TokenCountRequest = z
  .looseObject({ prompt })
  .meta({ id: "TokenCountRequest", description: "A text to count." });

export const TokenCountResults = z
  .strictObject({ results: z.array(z.strictObject({ tokens: z.int().nonnegative() })).length(1) })
  .meta({
    id: "TokenCountResults",
    description: "The text's tokens: by the server's tokenizer, else estimated.",
  });
