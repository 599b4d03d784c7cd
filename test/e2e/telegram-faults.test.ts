import { after, before, describe, it } from "node:test";
import { botFaults, quickFaults } from "./bot-faults.ts";
import { Certificates } from "./faulty-bot.ts";
import { strike } from "./strike-bot.ts";

// The faults that are over within seconds; all of them are in the long tests.

describe("the bot's door", { concurrency: true }, () => {
  let certificates: Certificates;
  before(() => {
    certificates = new Certificates();
  });
  after(() => certificates[Symbol.dispose]());
  for (const fault of botFaults)
    if (quickFaults.has(fault.name))
      it(`heals: ${fault.name}`, async () => void (await strike(fault, certificates)));
});
