import * as z from "zod";

/** How far a principal is trusted, most trusted first. `local` is a caller on this machine without a token. */
export const tiers = ["owner", "operator", "member", "local", "peer", "external"] as const;
export const Tier = z
  .enum(tiers)
  .meta({ id: "Tier", description: "How far a principal is trusted." });
export type Tier = z.infer<typeof Tier>;

/** What a token may do, `command:NAME` apart, which names one command each. */
export const plainGrants = [
  "say",
  "read",
  "event",
  "memory:read",
  "memory:propose",
  "memory:write",
  "rules",
  "admin",
] as const;

export const Grant = z
  .union([
    z.enum(plainGrants),
    z.templateLiteral(["command:", z.string().regex(/^(\*|[a-z][a-z0-9_]{0,63})$/)]),
  ])
  .meta({
    id: "Grant",
    description:
      "One permission: say, read, event, command:NAME (or command:*), memory:read, memory:propose, memory:write, rules, admin.",
  });
export type Grant = z.infer<typeof Grant>;

/** The grants a tier has unless a token names its own. */
export const tierGrants: Readonly<Record<Tier, readonly Grant[]>> = {
  owner: ["admin"],
  operator: [
    "say",
    "read",
    "event",
    "command:*",
    "memory:read",
    "memory:propose",
    "memory:write",
    "rules",
  ],
  member: ["say", "read", "command:*", "memory:read", "memory:propose"],
  local: ["say"],
  peer: ["say"],
  external: ["event"],
};

/**
 * Whether `held` permits `needed`. `admin` permits everything, `memory:write` includes `memory:propose`,
 * `command:*` includes every command, and `say` includes the commands that concern one's own conversation
 * only when the command says so itself (see the command table).
 */
export function grantCovers(held: readonly Grant[], needed: Grant): boolean {
  if (held.includes("admin") || held.includes(needed)) return true;
  if (needed === "memory:propose") return held.includes("memory:write");
  return needed.startsWith("command:") && held.includes("command:*");
}
