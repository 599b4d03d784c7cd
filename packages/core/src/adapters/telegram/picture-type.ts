import type { Attachment } from "@adyton/protocol";

type PictureType = (Attachment & { readonly kind: "picture" })["mediaType"];

/** What a picture's first bytes say it is (PNG specification 5.2; JPEG's SOI; RIFF with WEBP). What it is named says little. */
export function pictureTypeOf(bytes: Buffer): PictureType | undefined {
  if (bytes.subarray(0, 3).toString("hex") === "ffd8ff") return "image/jpeg";
  if (bytes.subarray(0, 8).toString("hex") === "89504e470d0a1a0a") return "image/png";
  const isWebp =
    bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP";
  return isWebp ? "image/webp" : undefined;
}
