import assert from "node:assert/strict";
import { machineRules, tuningMachines } from "../../../test/exit-machines.ts";
import type { ChannelDoor } from "../../ports/channel.ts";
import { ExitCheck } from "../channels/exit-check.ts";
import { Counters } from "../metrics.ts";

const [machine = assert.fail("there is no machine")] = Object.values(tuningMachines);
export const exitCheck = (removed = new Counters()): ExitCheck =>
  new ExitCheck({
    identity: () => Promise.resolve(machine),
    known: () => machine.secrets,
    rules: machineRules,
    language: "ru",
    removed,
    nowMs: () => 0,
  });

/** A messenger that keeps what its one chat shows. */
export function chat(): { readonly shown: string[]; readonly door: ChannelDoor } {
  const shown: string[] = [];
  const door: ChannelDoor = {
    name: "telegram",
    textUnitsMax: 100,
    refusedWords: "не принято",
    place: () => Promise.resolve({ kind: "done", message: shown.push("…") - 1 }),
    fill: (_place, message, { said }) => {
      shown[message] = said?.text ?? "…";
      return Promise.resolve({ kind: "done", message });
    },
    ping: () => Promise.resolve({ kind: "unknown" }),
    remove: (_place, message) => {
      shown[message] = "";
      return Promise.resolve({ kind: "done", message });
    },
    hasDrafts: () => false,
    draft: () => Promise.resolve({ kind: "refused", reason: "there are none" }),
    editEveryMs: () => 2_000,
    stopButton: (run) => ({ text: "Stop", data: run }),
    showWriting: () => Promise.resolve(),
  };
  return { shown, door };
}
