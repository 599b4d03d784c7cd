import { randomBytes } from "node:crypto";
import type { Recording } from "../../ports/file-words.ts";
import type { Form } from "./wire-client.ts";

/**
 * A form with a recording and what is said of it (RFC 7578). The recording's own name is its sender's: of it the ending
 * alone goes along, by which servers tell the format.
 */
export function recordingForm(
  { bytes, name, mediaType }: Recording,
  fields: Readonly<Record<string, string>>,
): Form {
  const boundary = `adyton-${randomBytes(16).toString("hex")}`;
  const ending = /\.[a-z0-9]{1,5}$/iu.exec(name)?.[0].toLowerCase() ?? ".ogg";
  const type = /^[a-z]+\/[a-z0-9.+-]+$/iu.test(mediaType) ? mediaType : "application/octet-stream";
  const part = (disposition: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`;
  const head = Object.entries(fields).map(
    ([named, value]) => `${part(`name="${named}"`)}\r\n${value}\r\n`,
  );
  head.push(`${part(`name="file"; filename="recording${ending}"`)}Content-Type: ${type}\r\n\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat([
      Buffer.from(head.join("")),
      bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}
