import type { Principal } from "../../ports/http.ts";

/** Who may speak through a messenger, by its numeric ids. */
export interface Admitted {
  readonly owners: ReadonlySet<number>;
  readonly members: Pick<ReadonlySet<number>, "has">;
}

/** The principal a messenger's user is; `undefined` for everybody who is not admitted. */
export function channelPrincipal(
  channel: string,
  user: number,
  { owners, members }: Admitted,
): Principal | undefined {
  const id = `${channel}:${user}`;
  // What the owner says on the phone is the owner's: memory finds it on every channel.
  if (owners.has(user)) return { id, tier: "owner", grants: ["admin"], person: "owner" };
  if (members.has(user))
    return { id, tier: "member", grants: ["say", "command:usage"], person: id };
  return undefined;
}

/** The user's number in a principal's id of this channel. */
export function channelUser(channel: string, id: string): number | undefined {
  const [name, user] = id.split(":");
  return name === channel && user !== undefined && /^\d{1,16}$/.test(user)
    ? Number(user)
    : undefined;
}
