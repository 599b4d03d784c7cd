import assert from "node:assert/strict";
import { systemClock } from "@adyton/runtime/clock";
import { machineRules, tuningMachines } from "../../../test/exit-machines.ts";
import type { ChannelDoor } from "../../ports/channel.ts";
import { ExitCheck } from "../channels/exit-check.ts";
import type { NewDelivery, OutboxOptions } from "../channels/outbox.ts";
import { Counters } from "../metrics.ts";
import type { openApp } from "./app-fixture.ts";

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

/** What an outbox has at a door: nobody is sent away, and what a test does not speak of is not asked for. */
export const outboxOptions = (
  { journal, records, state }: Awaited<ReturnType<typeof openApp>>,
  given: Partial<OutboxOptions> & Pick<OutboxOptions, "door">,
): OutboxOptions => ({
  journal,
  records,
  deliveries: state,
  takeBack: () => assert.fail("nothing was taken back"),
  mayReach: () => true,
  exit: exitCheck(),
  work: () => assert.fail("no work was owed"),
  endOf: () => assert.fail("no run was owed"),
  clock: systemClock,
  onUnexpected: assert.ifError,
  ...given,
});

/** A reply that is owed to the owner in the chat, told apart by a number. */
export const owedReply = (reply: NewDelivery["reply"], number = 1): NewDelivery => ({
  place: { chat: "1" },
  actor: "telegram:1",
  owner: "owner",
  tier: "owner",
  reply,
  dedupe: { key: Buffer.alloc(32, number), fingerprint: Buffer.alloc(32, number) },
});
