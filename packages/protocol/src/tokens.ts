import * as z from "zod";
import { Grant, Tier } from "./grants.ts";

export const TokenName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{0,62}$/,
    "must be lower-case letters, digits, - and _, starting with a letter",
  );

export const TokenRequest = z
  .strictObject({
    name: TokenName,
    may: z.array(Grant).min(1).max(32).describe("What the token permits."),
    person: z
      .boolean()
      .default(false)
      .describe(
        "True: the token belongs to another person, whose words nobody else is shown. False: a program of the owner.",
      ),
    expiresAt: z.iso.datetime().optional(),
  })
  .meta({ id: "TokenRequest", description: "A token to make." });
export type TokenRequest = z.infer<typeof TokenRequest>;

export const Token = z
  .strictObject({
    name: z.string(),
    tier: Tier,
    may: z.array(Grant),
    person: z.boolean(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().optional(),
    lastUsedAt: z.iso.datetime().optional(),
    revokedAt: z.iso.datetime().optional(),
  })
  .meta({ id: "Token", description: "A token, without its secret." });
export type Token = z.infer<typeof Token>;

export const TokenMade = Token.extend({
  secret: z.string().describe("Shown once; only its hash is kept."),
}).meta({ id: "TokenMade", description: "A new token with its secret." });
export type TokenMade = z.infer<typeof TokenMade>;

export const TokenList = z
  .strictObject({ tokens: z.array(Token) })
  .meta({ id: "TokenList", description: "All tokens, revoked ones included." });
export type TokenList = z.infer<typeof TokenList>;
