import * as z from "zod";
import { contextBodyBytesMax, embeddingInputsMax, pathNameCharsMax } from "../limits.ts";
import { RequestedModel } from "./chat.ts";

export const OpenAiModel = z
  .strictObject({
    id: z.string(),
    object: z.literal("model"),
    created: z.int(),
    owned_by: z.string().describe("`adyton` for the node's modes, else the model server."),
  })
  .meta({ id: "OpenAiModel", description: "A name that requests may ask for." });
export type OpenAiModel = z.infer<typeof OpenAiModel>;

export const OpenAiModelList = z
  .strictObject({ object: z.literal("list"), data: z.array(OpenAiModel) })
  .meta({ id: "OpenAiModelList", description: "Every name that requests may ask for." });

/** In an address a name is a plain one; whatever a server calls its model stands in the list. */
const plainName = (letters: RegExp) => z.string().max(pathNameCharsMax).regex(letters);

export const OpenAiModelName = z.strictObject({
  id: plainName(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:@+/-]*$/),
});
/** A name with a slash, by clients that do not encode it. */
export const OpenAiModelPath = z.strictObject({
  owner: plainName(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:@+-]*$/),
  name: plainName(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:@+-]*$/),
});

const textToEmbed = z.string().min(1).max(contextBodyBytesMax);

export const EmbeddingsRequest = z
  .looseObject({
    model: RequestedModel,
    input: z.union([textToEmbed, z.array(textToEmbed).min(1).max(embeddingInputsMax)], {
      error: `must be a text or 1 to ${embeddingInputsMax} texts`,
    }),
    encoding_format: z.enum(["float", "base64"]).nullish(),
    dimensions: z
      .int()
      .min(1)
      .nullish()
      .describe("Only what the model gives anyway: the node cuts no vectors."),
  })
  .meta({
    id: "EmbeddingsRequest",
    description: "Texts to turn into vectors. Unknown keys are ignored.",
  });
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>;

export const Embeddings = z
  .strictObject({
    object: z.literal("list"),
    model: z.string(),
    data: z.array(
      z.strictObject({
        object: z.literal("embedding"),
        index: z.int().nonnegative(),
        embedding: z.union([
          z.array(z.number()),
          z.string().describe("Little-endian 32-bit floats in base64."),
        ]),
      }),
    ),
    usage: z.strictObject({
      prompt_tokens: z.int().nonnegative(),
      total_tokens: z.int().nonnegative(),
    }),
  })
  .meta({ id: "Embeddings", description: "A vector for each text." });
