import { ConversationName, problem } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import { newConversationName } from "../identifiers.ts";

interface Naming {
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
  readonly prompt_cache_key?: string | null | undefined;
  readonly user?: string | null | undefined;
}

/**
 * The conversation a request belongs to. `metadata.conversation` is meant for the node and must be a name; the two others
 * have a meaning of their own to clients, so what is no name there names nothing. Throws `ProblemError` `invalid_body`.
 */
export function conversationOf({ metadata, prompt_cache_key: key, user }: Naming): string {
  const meant = metadata?.["conversation"];
  if (meant !== undefined) {
    const name = ConversationName.safeParse(meant);
    if (name.success) return name.data;
    const message = name.error.issues[0]?.message ?? "must be a conversation's name";
    throw new ProblemError(
      problem("invalid_body", { errors: [{ path: "/metadata/conversation", message }] }),
    );
  }
  const names = [key, user].map((each) => ConversationName.safeParse(each));
  return names.find((name) => name.success)?.data ?? newConversationName();
}
