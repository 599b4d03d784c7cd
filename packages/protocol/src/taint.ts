import * as z from "zod";

/** What a text has about it that texts made to steer a model have. */
export const scanLabels = [
  "order",
  "control_token",
  "zero_width",
  "bidi",
  "tags",
  "encoded",
  "mixed_script",
  "exfiltration",
] as const;
export const ScanLabel = z.enum(scanLabels).meta({
  id: "ScanLabel",
  description:
    "What in a text looks made to steer a model. A remark: nothing is refused for it, and a text without one may steer all the same.",
});
export type ScanLabel = z.infer<typeof ScanLabel>;
