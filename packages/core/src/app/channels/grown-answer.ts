import type { EditGrid } from "./edit-grid.ts";

/** What a try to show came to: `later` is a messenger that was asked too often. */
export type ShowOutcome =
  | { readonly kind: "shown" | "unchanged" | "ended" }
  | { readonly kind: "later"; readonly afterMs: number };

/**
 * Shows an answer while it grows, on the grid. It is a courtesy: whatever fails here is met again, and dealt with, when the
 * whole answer is delivered.
 */
export class GrownAnswer {
  readonly #grid: EditGrid;
  readonly #show: (text: string) => Promise<ShowOutcome>;
  readonly #over = new AbortController();
  readonly #work: Promise<void>;
  #text = "";
  #isOnGrid = false;

  constructor(grid: EditGrid, show: (text: string) => Promise<ShowOutcome>) {
    this.#grid = grid;
    this.#show = show;
    this.#work = this.#keepShowing();
  }

  /** The answer as it is by now. */
  readonly take = (text: string): void => {
    this.#text = text;
  };

  /** Ends the showing. Resolves when nothing is on its way any more, and the whole answer may take its place. */
  async end(signal: AbortSignal): Promise<void> {
    this.#over.abort();
    await this.#work;
    // Whoever saw it grow would learn from its last edit when the model was done; and a wait that was asked for is kept.
    if (this.#isOnGrid) await this.#grid.step(signal);
  }

  async #keepShowing(): Promise<void> {
    const { signal } = this.#over;
    try {
      for (;;) {
        await this.#grid.tick(signal);
        const text = this.#text;
        const outcome = await this.#show(text);
        if (outcome.kind === "later") this.#grid.slowDown(outcome.afterMs);
        if (outcome.kind === "ended") return;
        this.#isOnGrid ||= outcome.kind === "later" || (outcome.kind === "shown" && text !== "");
      }
    } catch {
      // The whole answer is there, or it cannot be shown now.
    }
  }
}
