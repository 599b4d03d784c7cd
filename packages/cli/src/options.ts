import { Failure } from "./failure.ts";
import type { Translate } from "./texts/translate.ts";

/** The arguments of one invocation, as the parser found them. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #t: Translate;

  constructor(values: Readonly<Record<string, unknown>>, t: Translate) {
    this.#values = values;
    this.#t = t;
  }

  flag(name: string): boolean {
    return this.#value(name) === true;
  }

  /** Whether `--no-NAME` was given. */
  refused(name: string): boolean {
    return this.#value(name) === false;
  }

  text(name: string): string | undefined {
    const value = this.#value(name);
    return typeof value === "string" ? value : undefined;
  }

  /** The parser keeps `--token-delay` as `tokenDelay`. */
  #value(name: string): unknown {
    return this.#values[name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
  }

  /** A whole number in the bounds; anything else is a usage error that names them. */
  whole(name: string, bounds: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= bounds.min && value <= bounds.max) return value;
    throw new Failure("usage", {
      title: this.#t("usage.whole", {
        option: `--${name}`,
        min: bounds.min,
        max: bounds.max,
        found: text.slice(0, 24),
      }),
    });
  }
}
