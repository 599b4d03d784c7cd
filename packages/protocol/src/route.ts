import * as z from "zod";
import { type Grant, grantCovers } from "./grants.ts";
import { jsonBodyBytesMax } from "./limits.ts";
import type { ProblemCode } from "./problems.ts";

/**
 * Who may call a route. `open`: anybody on this machine. `local`: a caller without a token too, who then sees and
 * changes only conversations of callers without a token. `token`: a token whose grants cover `grant`.
 */
export type Access =
  | { readonly kind: "open" }
  | {
      readonly kind: "local";
      readonly grant: Grant;
      /** The grant of this command does as well; `any`: of whatever command the body names. */
      readonly orCommand?: string;
    }
  | { readonly kind: "token"; readonly grant: Grant };

export interface RouteExample {
  readonly name: string;
  readonly body?: unknown;
  /** Path and query parameters of the example. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The status the example is answered with on a fresh node. */
  readonly status: number;
}

/** One operation of the Reverse API. Server, validation and specification are all built from this table. */
export interface Route {
  readonly id: string;
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly aliases?: readonly string[];
  readonly access: Access;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** The JSON body, with the media types that are taken besides `application/json`. */
  readonly body?: {
    readonly schema: z.ZodType;
    readonly mediaTypes: readonly string[];
    readonly bytesMax: number;
    /** Whether an absent body counts as `{}`. */
    readonly optional?: boolean;
  };
  readonly status: number;
  readonly response: { readonly schema: z.ZodType; readonly mediaType: string };
  /** Whether `Prefer: respond-async` is answered with 202 and a run. */
  readonly async?: boolean;
  /** Whether the answer can be a stream of server-sent events, and when it is; `lines`: it is always one, of JSON lines. */
  readonly stream?: "always" | "on-request" | "lines";
  /** The data of the stream's events by their name; `message` is the name of an event that has none. */
  readonly events?: Readonly<Record<string, z.ZodType>>;
  readonly idempotent: boolean;
  readonly problems: readonly ProblemCode[];
  readonly examples: readonly RouteExample[];
}

/** A JSON response. */
export const json = <S extends z.ZodType>(schema: S) => ({ schema, mediaType: "application/json" });
/** Whether the answer is a stream whatever the request says. */
export const alwaysStreams = ({ stream }: Route): boolean =>
  stream === "always" || stream === "lines";
/** Whether a stream can be asked for again from where it broke off: one that was asked for by GET, of events. */
export const isResumable = ({ method, stream }: Route): boolean =>
  method === "GET" && stream !== undefined && stream !== "lines";
/** A response of another media type. */
export const text = (mediaType: string) => ({ schema: z.string(), mediaType });
/** A JSON body of at most `bytesMax` bytes. */
export const body = <S extends z.ZodType>(schema: S, bytesMax: number = jsonBodyBytesMax) => ({
  schema,
  mediaTypes: ["application/json"],
  bytesMax,
});
/** Callers without a token, and tokens whose grants cover `grant`. */
export const local = (grant: Grant): Access => ({ kind: "local", grant });
/** Callers without a token, tokens that may talk, and tokens that may use this command, or any. */
export const command = (name: string): Access => ({ kind: "local", grant: "say", orCommand: name });
/** Only tokens whose grants cover `grant`. */
export const token = (grant: Grant): Access => ({ kind: "token", grant });
/** Anybody on this machine. */
export const open: Access = { kind: "open" };

/** Whether grants open a route. What a command needs beyond that is checked where the command is known. */
export function accessCovers(access: Access, held: readonly Grant[]): boolean {
  if (access.kind === "open" || grantCovers(held, access.grant)) return true;
  if (access.kind === "token" || access.orCommand === undefined) return false;
  if (access.orCommand === "any") return held.some((grant) => grant.startsWith("command:"));
  return grantCovers(held, `command:${access.orCommand}`);
}

/** Problems of every route that writes the journal. */
export const storage: readonly ProblemCode[] = ["storage_full", "storage_failed", "stopping"];
