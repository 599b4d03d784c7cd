import type { Bilingual, Tier } from "@adyton/protocol";

/** What one run may use at most, beside the turn's own time. A figure left out has no bound of the mode's own. */
export interface ModeBudget {
  readonly calls?: number;
  readonly tokens?: number;
  readonly wallMs?: number;
}

/** Where a run reads in memory. */
export interface ModeRetrieval {
  /** Passages. */
  readonly k: number;
  /** Beginnings of the sources it may read; none named, it may read all. */
  readonly sources: readonly string[];
}

/** The commands that have a mode. Each reports and changes nothing that a conversation depends on. */
export type ModeCommand = "echo_pulse" | "mirror_self" | "fold_error";

/** A mode: a versioned execution policy, not a prompt. */
export interface ModeSpec {
  readonly id: string;
  readonly version: string;
  /** In lower case. */
  readonly aliases: readonly string[];
  readonly controller: "model" | "extractive" | "recursia" | "rag" | "command";
  /** Of the controller `command`: which one each message runs. */
  readonly command?: ModeCommand;
  /** Whether a file of the owner's defines it. */
  readonly isOwn: boolean;
  /** Who is trusted less may not use it. */
  readonly minTier: Tier;
  readonly budget?: ModeBudget;
  readonly retrieval?: ModeRetrieval;
  /** Stands behind the core prompt. */
  readonly prompt?: string;
  /** How the model generates; a controller that asks several times has temperatures of its own. */
  readonly generation?: { readonly temperature?: number; readonly top_p?: number };
  readonly answerTokensMax?: number;
  /** Whether tools that a client sends along are shown to the model. */
  readonly clientTools: boolean;
  /** A JSON schema that answers are held against. */
  readonly output?: unknown;
  readonly summary: Bilingual;
}
