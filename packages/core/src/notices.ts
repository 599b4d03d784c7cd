import type { ChatServer } from "./choose-backend.ts";
import type { BackendStatus } from "./ports/backend.ts";

/** What the node tells whoever started it. A change of the model server is told from the `backend` notice on. */
export type Notice =
  | { readonly kind: "first_start"; readonly home: string; readonly tokenFile: string }
  | {
      readonly kind: "backend";
      readonly name: string;
      readonly url: string;
      readonly model: string | undefined;
      readonly found: boolean;
      readonly pinned: boolean;
      readonly among: readonly ChatServer[];
      /** `ok` or `degraded` once the server was asked, `unknown` while it has not answered yet. */
      readonly status: BackendStatus;
      /** One sentence on that, with the address. */
      readonly detail: string;
    }
  | {
      readonly kind: "backend_changed";
      readonly name: string;
      readonly status: BackendStatus;
      readonly detail: string;
    }
  | { readonly kind: "no_backend"; readonly asked: boolean; readonly others: readonly string[] }
  | {
      readonly kind: "door_changed";
      readonly door: string;
      readonly status: "open" | "closed";
      readonly detail: string;
    }
  | { readonly kind: "listening"; readonly addresses: readonly string[] }
  | { readonly kind: "recovered"; readonly resumed: number; readonly interrupted: number }
  | { readonly kind: "warning"; readonly text: string };
