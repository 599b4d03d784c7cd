import { commandGrant, type CommandSpec, grantCovers } from "@adyton/protocol";
import type { Principal } from "../ports/http.ts";

/**
 * Whether a caller may use a command: by its own grant, or because it concerns nothing but the caller's own
 * conversations and the caller may talk there.
 */
export function mayCommand(caller: Principal, command: CommandSpec): boolean {
  return (
    grantCovers(caller.grants, commandGrant(command.name)) ||
    (command.local && grantCovers(caller.grants, "say"))
  );
}

/** Whether a caller may see the words of a record that belongs to `recordOwner`. */
export function maySeeWords(caller: Principal, recordOwner: string): boolean {
  if (recordOwner === caller.person) return true;
  if (caller.person !== "owner") return false;
  // Callers without a token are programs on the owner's own machine; the node's records are about nobody.
  return recordOwner === "node" || (recordOwner === "local" && grantCovers(caller.grants, "admin"));
}
