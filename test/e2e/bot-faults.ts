import type { BotFault } from "./bot-fault.ts";
import { botRelayFaults } from "./bot-relay-faults.ts";
import { machineFaults } from "./machine-faults.ts";
import { messengerFaults } from "./messenger-faults.ts";
import { wayFaults } from "./way-faults.ts";

/** What a bot meets that runs for years. */
export const botFaults: readonly BotFault[] = [
  ...messengerFaults,
  ...wayFaults,
  ...machineFaults,
  ...botRelayFaults,
];

/** Those that are over within seconds, for every run of the tests. */
export const quickFaults: ReadonlySet<string> = new Set([
  "update numbers go backwards",
  "no name server, in the middle of work",
  "JSON of something else answers",
]);
