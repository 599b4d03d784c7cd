import { benches, isBenchName } from "./benches.ts";
import type { BenchOptions } from "./figure.ts";

// The process of one bench: what it compiles and allocates does not burden the next one.

const name = process.argv[2] ?? "";
if (!isBenchName(name)) throw new Error(`no such bench: ${name}`);
const load = benches[name];

process.once("message", (options: BenchOptions) => {
  load()
    .then((bench) => bench(options))
    .then(
      (figures) => process.send?.({ figures }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
    )
    .finally(() => process.disconnect());
});
