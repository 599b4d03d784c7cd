import * as z from "zod";

/** What the process that reads a PDF says of it. */
export const PdfReply = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("text"),
    pages: z.array(z.string()).min(1),
    title: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal("refused"),
    reason: z.enum(["not_pdf", "encrypted", "no_text", "too_large"]),
  }),
]);
export type PdfReply = z.infer<typeof PdfReply>;
