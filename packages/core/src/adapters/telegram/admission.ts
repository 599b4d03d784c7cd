import type { Update } from "grammy/types";
import * as z from "zod";

/** Who may speak, by Telegram's numeric ids. */
export interface Admission {
  readonly owners: ReadonlySet<number>;
  readonly members: Pick<ReadonlySet<number>, "has">;
  readonly groups: ReadonlySet<number>;
}

const Who = z.object({ id: z.int() }).optional().catch(undefined);
/** Where the Bot API's kinds of update name who they come from. */
const Said = z.object({ from: Who, user: Who, chat: Who });

/** Whether somebody who may speak stands behind an update of any kind, also of one that is not known yet. */
export function isFromAdmitted(update: Update, { owners, members, groups }: Admission): boolean {
  const { update_id: _, ...kinds } = update;
  const said = Said.safeParse(Object.values(kinds)[0]).data;
  if (said === undefined) return false;
  const { from = said.user, chat } = said;
  if (from !== undefined) return owners.has(from.id) || members.has(from.id);
  return chat !== undefined && (groups.has(chat.id) || owners.has(chat.id) || members.has(chat.id));
}
