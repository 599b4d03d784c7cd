import type { ChatServer } from "./choose-backend.ts";

/** What the node tells whoever started it. */
export type Notice =
  | { readonly kind: "first_start"; readonly home: string; readonly tokenFile: string }
  | {
      readonly kind: "backend";
      readonly url: string;
      readonly model: string | undefined;
      readonly found: boolean;
      readonly pinned: boolean;
      readonly among: readonly ChatServer[];
    }
  | { readonly kind: "no_backend"; readonly asked: boolean; readonly others: readonly string[] }
  | { readonly kind: "listening"; readonly addresses: readonly string[] }
  | { readonly kind: "recovered"; readonly resumed: number; readonly interrupted: number }
  | { readonly kind: "warning"; readonly text: string };
