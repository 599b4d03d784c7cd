import type { Principal } from "../../ports/http.ts";

/** Who may speak through a messenger, by its numeric ids. */
export interface Admitted {
  readonly owners: ReadonlySet<number>;
  readonly members: Pick<ReadonlySet<number>, "has">;
  /** Whether what comes in an owner's name is the owner's. Else it is taken as a member's. */
  readonly isSure: (owner: number) => boolean;
}

/** A user of a messenger, and the group it speaks in; in private there is none. */
export interface ChannelUser {
  readonly user: number;
  readonly group?: number | undefined;
}

/**
 * The principal a messenger's user is; `undefined` for everybody who is not admitted. What is said in a group belongs to
 * the group: everybody there reads the answers, so that nobody's own memory may feed them, not even the owner's.
 */
export function channelPrincipal(
  channel: string,
  { user, group }: ChannelUser,
  { owners, members, isSure }: Admitted,
): Principal | undefined {
  if (!owners.has(user) && !members.has(user)) return undefined;
  const isOwner = owners.has(user) && isSure(user);
  const asMember = { tier: "member", grants: ["say", "command:usage"] } as const;
  if (group !== undefined)
    return { id: `${channel}:${user}@${group}`, ...asMember, person: `${channel}:${group}` };
  const id = `${channel}:${user}`;
  // What the owner says on the phone is the owner's: memory finds it on every channel.
  if (isOwner) return { id, tier: "owner", grants: ["admin"], person: "owner" };
  return { id, ...asMember, person: id };
}

/** The user, and the group, in a principal's id of this channel. */
export function channelUser(channel: string, id: string): ChannelUser | undefined {
  const [, name, user, group] = /^([a-z]+):(\d{1,16})(?:@(-\d{1,16}))?$/.exec(id) ?? [];
  if (name !== channel || user === undefined) return undefined;
  return { user: Number(user), ...(group === undefined ? {} : { group: Number(group) }) };
}
