import * as z from "zod";
import {
  attachmentNameCharsMax,
  attachmentsBytesMax,
  attachmentTextCharsMax,
  pictureCharsMax,
} from "./limits.ts";

export const pictureMediaTypes = ["image/jpeg", "image/png", "image/webp"] as const;

export const Attachment = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("text"),
      name: z
        .string()
        .min(1)
        .max(attachmentNameCharsMax)
        .optional()
        .describe("What it was taken from, such as a file's name."),
      text: z.string().min(1).max(attachmentTextCharsMax),
    }),
    z.strictObject({
      kind: z.literal("picture"),
      mediaType: z.enum(pictureMediaTypes),
      data: z.base64().min(1).max(pictureCharsMax),
    }),
  ])
  .meta({
    id: "Attachment",
    description:
      "What a message brings along. It is taken for somebody else's words, whoever sends it.",
  });
export type Attachment = z.infer<typeof Attachment>;

/** Whether attachments are small enough together. Their JSON goes into one record of the journal. */
export function fitTogether(attachments: readonly Attachment[]): boolean {
  const encoder = new TextEncoder();
  const bytes = attachments.reduce(
    (sum, each) =>
      sum + (each.kind === "text" ? encoder.encode(each.text).length : each.data.length),
    0,
  );
  return bytes <= attachmentsBytesMax;
}
