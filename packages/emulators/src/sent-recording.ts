import { formParts, type UploadedFile } from "./telegram/call-body.ts";

/** A recording as it was sent, with the form's other fields, such as `model` and `language`. */
export class SentRecording {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly fields: Readonly<Record<string, string>>;

  constructor({ name, mediaType, bytes }: UploadedFile, fields: SentRecording["fields"]) {
    this.name = name;
    this.mediaType = mediaType;
    this.bytes = bytes;
    this.fields = fields;
  }
}

/** Says what a recording holds: the emulator hears nothing itself. */
export type Transcribe = (recording: SentRecording) => string;

/** A recording whose bytes are a text in UTF-8 says that text. */
export const transcribeDefault: Transcribe = ({ bytes }) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return `A recording of ${bytes.length} bytes.`;
  }
};

/** The recording in a form, null where there is none. Throws for a body that is no form. */
export function recordingIn(type = "", body: Buffer): SentRecording | null {
  const parts = [...formParts(type, body)];
  const file = parts.find(({ fileName }) => fileName !== undefined);
  if (file?.fileName === undefined) return null;
  const texts = parts.filter(({ fileName }) => fileName === undefined);
  const fields = texts.map(({ name, bytes }) => [name, bytes.toString()] as const);
  return new SentRecording({ ...file, name: file.fileName }, Object.fromEntries(fields));
}
