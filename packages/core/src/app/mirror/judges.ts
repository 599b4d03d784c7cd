import type { JudgeQuality } from "../../domain/recursia/asking.ts";
import type { NewRecord, RecordContext } from "../../domain/journal/record.ts";
import type { Backend, BackendRole } from "../../ports/backend.ts";
import type { StatePort } from "../../ports/journal.ts";
import type { BackendPool } from "../backend-pool.ts";
import { keyedDigest } from "../identifiers.ts";

interface JudgesOptions {
  readonly backends: BackendPool;
  readonly state: StatePort;
  /** Names models in records. */
  readonly modelKey: Uint8Array;
}

/** Which servers judge, and what their models were measured to be as judges. The journal knows it across restarts. */
export class Judges {
  readonly #options: JudgesOptions;

  constructor(options: JudgesOptions) {
    this.#options = options;
  }

  /** The role in which judges are asked: servers kept for judging where there are such, else those for chats. */
  get role(): BackendRole & ("verifier" | "chat") {
    return this.#options.backends.works("verifier") ? "verifier" : "chat";
  }

  /** The server whose judgement is measured. */
  get first(): Backend | undefined {
    return this.#options.backends.first(this.role);
  }

  /** What a judgement is worth: any of the role's servers may give it, so all must be measured, and the worst counts. */
  quality(): JudgeQuality | undefined {
    const servers = this.#options.backends.of(this.role);
    const models = new Set(servers.map(({ backend }) => backend.model));
    const measured = [...models].flatMap((model) => this.measured(model) ?? []);
    if (measured.length === 0 || measured.length < models.size) return undefined;
    return {
      sensitivity: Math.min(...measured.map(({ sensitivity }) => sensitivity)),
      specificity: Math.min(...measured.map(({ specificity }) => specificity)),
    };
  }

  measured(model: string): JudgeQuality | undefined {
    return this.#options.state.judge(this.#key(model));
  }

  /** The record of a measurement; none where it says what is known already. */
  records(
    model: string,
    quality: JudgeQuality,
    context: Omit<RecordContext, "conversation">,
  ): readonly NewRecord[] {
    const known = this.measured(model);
    if (known?.sensitivity === quality.sensitivity && known.specificity === quality.specificity)
      return [];
    const facts = { model: this.#key(model), ...quality };
    return [
      {
        ...context,
        class: "record",
        origin: "node",
        type: "judge.measured",
        facts,
        data: { model },
      },
    ];
  }

  #key(model: string): string {
    return keyedDigest(this.#options.modelKey, "judge", model).toString("hex", 0, 16);
  }
}
