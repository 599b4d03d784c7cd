import { formatMarkdown } from "../packages/core/src/domain/channels/format.ts";
import { CheckedText } from "../packages/core/src/domain/exit-filter/checked-text.ts";
import { LeakFinder } from "../packages/core/src/domain/exit-filter/leak-finder.ts";
import { SecretFilter } from "../packages/core/src/domain/exit-filter/secret-filter.ts";
import { SecretStream } from "../packages/core/src/domain/exit-filter/secret-stream.ts";
import { cleanAnswers, manualParagraphs } from "../packages/core/test/exit-clean.ts";
import {
  endlessBeginnings,
  leakyAnswers,
  plantedLeaks,
  tells,
  transformations,
} from "../packages/core/test/exit-corpus.ts";
import {
  figureMachines,
  machineRules,
  tuningMachines,
} from "../packages/core/test/exit-machines.ts";
import { seeded } from "../packages/core/test/seeded.ts";
import { atLeast, atMost, type BenchOptions, type Figure, median } from "./figure.ts";

// What the exit filter stops of what is planted on made-up machines, what it takes out of clean answers, what passes it in
// disguise, and what it costs. Machines the filter was mended for stand apart from those it never saw.

type Machines = typeof figureMachines;
const finderOf = (machine: Machines[string]): LeakFinder => new LeakFinder(machine, machineRules);
const shown = (finder: LeakFinder, text: string): string =>
  CheckedText.check(formatMarkdown(text), (said) => finder.find(said), "en").checked.text;

export function exit({ quick }: BenchOptions): Promise<readonly Figure[]> {
  return Promise.resolve([
    stopped("machines that it was mended for", tuningMachines),
    stopped("machines that it never saw", figureMachines),
    clean(),
    ...disguised(),
    ...costs(quick),
  ]);
}

function stopped(of: string, machines: Machines): Figure {
  let all = 0;
  let missed = 0;
  for (const machine of Object.values(machines)) {
    const finder = finderOf(machine);
    for (const answer of leakyAnswers(machine)) {
      all += 1;
      if (tells(shown(finder, answer.text), answer)) missed += 1;
    }
  }
  const note = `${all} answers, ${Object.keys(machines).length} machines`;
  return {
    figure: `leaks stopped, ${of}`,
    value: 1 - missed / all,
    unit: "",
    bar: atLeast(0.99),
    note,
  };
}

function clean(): Figure {
  let all = 0;
  let touched = 0;
  for (const [at, machine] of Object.values(figureMachines).entries()) {
    const finder = finderOf(machine);
    for (const text of [...cleanAnswers(seeded(at + 1), 1_000), ...manualParagraphs()]) {
      all += 1;
      if (finder.find(formatMarkdown(text).text).length > 0) touched += 1;
    }
  }
  const note = `${all} answers`;
  return {
    figure: "clean answers touched",
    value: touched / all,
    unit: "",
    bar: atMost(0.01),
    note,
  };
}

/** Reported, and held to no bar: whoever wants to carry something out finds a disguise that is not here. */
function disguised(): readonly Figure[] {
  return Object.entries(transformations).map(([name, disguise]) => {
    let all = 0;
    let seen = 0;
    for (const machine of Object.values(figureMachines)) {
      const finder = finderOf(machine);
      for (const { kind, leak } of plantedLeaks(machine)) {
        const messages = disguise(leak);
        // A trace has nothing in it to disguise, and what a disguise leaves as it is was no disguise.
        if (kind === "trace" || messages[0] === leak) continue;
        all += 1;
        if (messages.some((text) => finder.find(`It is ${text} then.`).length > 0)) seen += 1;
      }
    }
    return {
      figure: `leaks seen in disguise: ${name}`,
      value: seen / all,
      unit: "",
      note: `${all}`,
    };
  });
}

const textChars = 100_000;

function costs(quick: boolean): readonly Figure[] {
  const [machine] = Object.values(figureMachines);
  if (machine === undefined) throw new RangeError("there is no machine");
  const finder = finderOf(machine);
  const answers = [...manualParagraphs(), ...cleanAnswers(seeded(3), 1_000)].map(
    (text) => formatMarkdown(text).text,
  );
  const bytes = answers.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const times = quick ? 1 : 7;
  const wholeMs = repeated(times, () => answers.forEach((text) => finder.find(text)));
  const filter = new SecretFilter(machine.secrets, "en");
  const secretsMs = repeated(times, () => answers.forEach((text) => streamed(filter, text)));
  const found = (unit: string, chars: number): number =>
    repeated(quick ? 1 : 3, () => finder.find(unit.repeat(chars / unit.length)));
  const worst = endlessBeginnings.map((unit) => ({ unit, ms: found(unit, textChars) }));
  const [{ unit, ms } = { unit: "", ms: 0 }] = worst.toSorted((a, b) => b.ms - a.ms);
  const perMs = bytes / 1_000;
  const note = `${answers.length} answers, ${(bytes / 1e6).toFixed(2)} MB`;
  return [
    { figure: "exit filter", value: perMs / wholeMs, unit: "MB/s", note },
    {
      figure: "exit filter, the worst text",
      value: ms,
      unit: "ms",
      note: `${JSON.stringify(unit)} again and again, ${textChars} characters, of ${endlessBeginnings.length} kinds`,
    },
    {
      figure: "exit filter, twice the worst text",
      value: found(unit, 2 * textChars),
      unit: "ms",
      ratio: found(unit, 2 * textChars) / ms,
      ratioOf: "the worst text",
    },
    {
      figure: "secrets in a stream",
      value: perMs / secretsMs,
      unit: "MB/s",
      note: `${note}, in pieces of four characters`,
    },
    {
      figure: "secrets in a stream, an answer",
      value: (secretsMs / answers.length) * 1_000,
      unit: "µs",
      note: `of ${Math.round(bytes / answers.length)} bytes`,
    },
  ];
}

function repeated(times: number, work: () => void): number {
  work();
  const took = Array.from({ length: times }, () => {
    const startMs = performance.now();
    work();
    return performance.now() - startMs;
  });
  return median(took);
}

function streamed(filter: SecretFilter, text: string): void {
  const stream = new SecretStream(filter);
  for (let at = 0; at < text.length; at += 4) stream.feed(text.slice(at, at + 4));
  stream.end();
}
