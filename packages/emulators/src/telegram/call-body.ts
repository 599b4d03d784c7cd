import type { IncomingMessage } from "node:http";
import { badRequest } from "./bot-failure.ts";

export interface UploadedFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface CallArguments {
  readonly values: Readonly<Record<string, unknown>>;
  /** By the name of the form's field. */
  readonly files: ReadonlyMap<string, UploadedFile>;
}

/** Reads a call's arguments from its address and its body: JSON, a form, or a form with files. Throws a refusal. */
export function callArguments(
  request: IncomingMessage,
  query: URLSearchParams,
  body: Buffer,
): CallArguments {
  const values: Record<string, unknown> = Object.fromEntries(
    [...query].map(([key, value]) => [key, parsed(value)]),
  );
  const files = new Map<string, UploadedFile>();
  const type = request.headers["content-type"] ?? "";
  if (body.length === 0) return { values, files };
  if (type.startsWith("application/json")) Object.assign(values, jsonObject(body));
  else if (type.startsWith("application/x-www-form-urlencoded"))
    for (const [key, value] of new URLSearchParams(body.toString())) values[key] = parsed(value);
  else if (type.startsWith("multipart/form-data")) {
    for (const part of formParts(type, body))
      if (part.fileName === undefined) values[part.name] = parsed(part.bytes.toString());
      else
        files.set(part.name, {
          name: part.fileName,
          bytes: part.bytes,
          mediaType: part.mediaType,
        });
  } else throw badRequest(`unsupported content type ${type}`);
  return { values, files };
}

function jsonObject(body: Buffer): object {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Falls through: the refusal is the same as for JSON that is no object.
  }
  throw badRequest("object expected");
}

/** A form's values are texts; numbers, booleans and structures are JSON in them. */
function parsed(value: string): unknown {
  if (!/^(?:-?\d{1,15}|true|false|[[{].*)$/su.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

export interface FormPart {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Takes a form with files apart (RFC 7578). */
export function* formParts(type: string, body: Buffer): Generator<FormPart> {
  const boundary = /boundary="?([^";]+)"?/u.exec(type)?.[1];
  if (boundary === undefined) throw badRequest("the form has no boundary");
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); ;) {
    const next = body.indexOf(mark, at + mark.length);
    if (at === -1 || next === -1) return;
    const part = body.subarray(at + mark.length + 2, next - 2);
    const headEnd = part.indexOf("\r\n\r\n");
    const head = part.toString("utf8", 0, headEnd);
    yield {
      name: /[; ]name="([^"]*)"/u.exec(head)?.[1] ?? "",
      fileName: /filename="([^"]*)"/u.exec(head)?.[1],
      mediaType: /content-type: *(\S+)/iu.exec(head)?.[1] ?? "application/octet-stream",
      bytes: part.subarray(headEnd + 4),
    };
    at = next;
  }
}
