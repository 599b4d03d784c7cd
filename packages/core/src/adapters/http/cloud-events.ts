import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { parseJsonBody, unfitText } from "./json-text.ts";
import { type Refusal, refused } from "./refusal.ts";
import { isJsonType, type MediaType } from "./request-headers.ts";

/**
 * The binary content mode of CloudEvents 1.0 over HTTP (HTTP protocol binding 1.0.2, section 3.1): the attributes are
 * headers named `ce-`, the body is the event's data. JSON becomes `data`, other text becomes `data` as a string,
 * anything else `data_base64`.
 */

export type EventOutcome = Refusal | { readonly kind: "parsed"; readonly value: unknown };

const prefix = "ce-";

/** Whether a request carries an event in headers. A CloudEvents media type means structured mode, whatever else is there. */
export function isBinaryEvent(headers: IncomingHttpHeaders, type: MediaType | undefined): boolean {
  if (type?.type.startsWith("application/cloudevents") === true) return false;
  for (const name in headers) if (name.startsWith(prefix)) return true;
  return false;
}

/** The event of a binary request, not yet checked against the schema. */
export function binaryEvent(
  headers: IncomingHttpHeaders,
  type: MediaType | undefined,
  bytes: Buffer,
): EventOutcome {
  const attributes = new Map<string, unknown>();
  for (const [header, raw] of Object.entries(headers)) {
    if (!header.startsWith(prefix)) continue;
    const name = header.slice(prefix.length);
    const value = attributeValue(String(raw));
    if (value === undefined || unfitText(value) !== undefined)
      return refused("invalid_request", {
        detail: "A ce- header is not percent-encoded UTF-8 text.",
      });
    if (name === "data" || name === "data_base64" || name === "datacontenttype")
      return refused("invalid_request", {
        detail: `The header ce-${name} does not exist: data is the body.`,
      });
    if (name === "__proto__")
      return refused("invalid_body", {
        errors: [{ path: "", message: "the attribute __proto__ is not taken" }],
      });
    // A header has no type; the one attribute that is a number is written in digits.
    attributes.set(name, name === "hop" && /^\d{1,3}$/.test(value) ? Number(value) : value);
  }
  const contentType = headers["content-type"];
  if (contentType !== undefined) attributes.set("datacontenttype", contentType);
  if (bytes.length > 0) {
    const data = eventData(type, bytes);
    if (data.kind === "refused") return data;
    attributes.set(data.name, data.value);
  }
  return { kind: "parsed", value: Object.fromEntries(attributes) };
}

type DataOutcome =
  | Refusal
  | { readonly kind: "data"; readonly name: "data" | "data_base64"; readonly value: unknown };

function eventData(type: MediaType | undefined, bytes: Buffer): DataOutcome {
  if (type !== undefined && isJsonType(type.type)) {
    const outcome = parseJsonBody(bytes);
    if (outcome.kind === "malformed") return refused("invalid_json", { detail: outcome.detail });
    if (outcome.kind === "unfit")
      return refused("invalid_body", {
        errors: [{ path: `/data${outcome.path}`, message: outcome.message }],
      });
    return { kind: "data", name: "data", value: outcome.value };
  }
  if (type === undefined || !isTextType(type.type))
    return { kind: "data", name: "data_base64", value: bytes.toString("base64") };
  const text = bytes.toString("utf8");
  if (!isUtf8(bytes) || unfitText(text) !== undefined)
    return refused("invalid_body", {
      errors: [{ path: "/data", message: "must be UTF-8 text without NUL" }],
    });
  return { kind: "data", name: "data", value: text };
}

function isTextType(type: string): boolean {
  return type.startsWith("text/") || type === "application/xml" || type.endsWith("+xml");
}

/** Section 3.1.3.2: quotes are taken off first, then percent signs are decoded. `undefined` when it is not UTF-8. */
function attributeValue(header: string): string | undefined {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(header);
  const text = quoted?.[1] === undefined ? header : quoted[1].replaceAll(/\\(.)/g, "$1");
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
