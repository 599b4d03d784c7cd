import { after, before, describe, it } from "node:test";
import { botFaults } from "../e2e/bot-faults.ts";
import { Certificates } from "../e2e/faulty-bot.ts";
import { strike, type Struck } from "../e2e/strike-bot.ts";

// Each fault that a bot meets in years, with real processes and sockets, in real time but where the list says otherwise.

const atOnce = 24;
/** Those that take a minute first, so that nobody waits for the last of them alone. */
const longFirst = botFaults.toSorted(
  (left, right) => Number(right.isLong ?? false) - Number(left.isLong ?? false),
);
const seconds = (ms: number | undefined): string =>
  ms === undefined ? "     –" : (ms / 1_000).toFixed(1).padStart(6);

describe("the bot's door", { concurrency: atOnce }, () => {
  let certificates: Certificates;
  const figures = new Map<string, Struck>();
  before(() => {
    certificates = new Certificates();
  });
  after(() => {
    certificates[Symbol.dispose]();
    const rows = [...figures].map(
      ([name, { alarmMs, recordedMs, healMs, readyMs }]) =>
        `${[alarmMs, recordedMs, healMs, readyMs].map(seconds).join(" ")}  ${name}`,
    );
    process.stdout.write(`${[" alarm record  heal  ready  (seconds)", ...rows].join("\n")}\n`);
  });
  for (const fault of longFirst)
    it(`heals: ${fault.name}`, { skip: fault.skip ?? false }, async () => {
      figures.set(fault.name, await strike(fault, certificates));
    });
});
