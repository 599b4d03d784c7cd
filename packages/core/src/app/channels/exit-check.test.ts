import assert from "node:assert/strict";
import { it } from "node:test";
import { machineRules, tuningMachines } from "../../../test/exit-machines.ts";
import { SecretFilter } from "../../domain/exit-filter/secret-filter.ts";
import { Counters } from "../metrics.ts";
import { ExitCheck } from "./exit-check.ts";

const [machine = assert.fail("there is no machine")] = Object.values(tuningMachines);

it("looks for a secret as soon as it is known, and reads the machine again for nothing else", async () => {
  const secrets = new SecretFilter(["former-Key-77aa21"], "ru");
  let read = 0;
  const check = new ExitCheck({
    identity: () => {
      read += 1;
      return Promise.resolve({ ...machine, secrets: secrets.own });
    },
    known: () => secrets.own,
    rules: machineRules,
    language: "ru",
    removed: new Counters(),
    nowMs: () => 0,
  });
  const text = "прежний former-Key-77aa21, новый changed-Key-31bb";
  const shown = async (): Promise<string> => (await check.check({ text, styles: [] })).checked.text;
  assert.equal(await shown(), "прежний [секрет убран], новый changed-Key-31bb", "the control");
  secrets.learn("changed-Key-31bb");
  const more = "и ещё слова ".repeat(20);
  const growing = await check.checkGrowing({ text: `${text}. ${more}`, styles: [] });
  assert.match(growing.text, /^прежний \[секрет убран\], новый \[секрет убран\]\. и ещё/);
  assert.equal(await shown(), "прежний [секрет убран], новый [секрет убран]");
  assert.equal(read, 2);
});
