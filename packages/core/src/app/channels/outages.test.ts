import assert from "node:assert/strict";
import { it } from "node:test";
import { JournalError } from "../../adapters/sqlite/journal-error.ts";
import type { JournalPort } from "../../ports/journal.ts";
import { openApp } from "../test/app-fixture.ts";
import { Outages } from "./outages.ts";

type Outage = Parameters<ConstructorParameters<typeof Outages>[0]["tellOwners"]>[0];
type App = Awaited<ReturnType<typeof openApp>>;

/** What a node knows of a door: a new one of these is a new process. */
function outagesOf(
  app: App,
  told: Outage[],
  append: JournalPort["append"] = (group) => app.real.append(group),
) {
  return new Outages({
    door: "telegram",
    journal: { append },
    doors: app.state,
    tellOwners: (outage) => {
      told.push(outage);
      return Promise.resolve();
    },
  });
}

const changesOf = ({ records }: App) =>
  records.headersAfter(0, 100, "door.changed").map(({ facts }) => facts);

it("records each change once and tells the owners when it is over, also in a new process", async () => {
  await using app = await openApp();
  const told: Outage[] = [];
  const first = outagesOf(app, told);
  await first.note({ kind: "open", nowMs: 500 });
  await first.note({ kind: "closed", sinceMs: 1_000, detail: "недоступен" });
  await first.note({ kind: "closed", sinceMs: 1_000, detail: "недоступен" });
  assert.deepEqual(told, []);
  const second = outagesOf(app, told);
  await second.note({ kind: "closed", sinceMs: 7_000, detail: "" });
  await second.note({ kind: "open", nowMs: 9_000 });
  await second.note({ kind: "open", nowMs: 9_500 });
  assert.deepEqual(told, [{ sinceMs: 1_000, untilMs: 9_000 }]);
  assert.deepEqual(changesOf(app), [
    { door: "telegram", status: "closed", sinceMs: 1_000 },
    { door: "telegram", status: "open", sinceMs: 1_000 },
  ]);
});

it("ends no outage before it began", async () => {
  await using app = await openApp();
  const told: Outage[] = [];
  const outages = outagesOf(app, told);
  await outages.note({ kind: "closed", sinceMs: 5_000, detail: "" });
  await outages.note({ kind: "open", nowMs: 1_000 });
  assert.deepEqual(told, [{ sinceMs: 5_000, untilMs: 5_000 }]);
});

it("tells again what a full disk did not take, and passes on other failures", async () => {
  await using app = await openApp();
  let failure: Error | undefined = new JournalError("storage_full", "the disk is full");
  const told: Outage[] = [];
  const outages = outagesOf(app, told, (group) =>
    failure === undefined ? app.real.append(group) : Promise.reject(failure),
  );
  const closed = { kind: "closed", sinceMs: 1_000, detail: "" } as const;
  await outages.note(closed);
  assert.deepEqual(changesOf(app), []);
  failure = new Error("nobody foresaw it");
  await assert.rejects(outages.note(closed), /foresaw/);
  failure = undefined;
  await outages.note(closed);
  assert.equal(changesOf(app).length, 1);
  failure = new JournalError("storage_full", "the disk is full");
  await outages.note({ kind: "open", nowMs: 2_000 });
  failure = undefined;
  await outages.note({ kind: "open", nowMs: 3_000 });
  assert.equal(told.length, 2, "it asks again; that owners are told once is its caller's");
  assert.equal(app.state.closedSince("telegram"), undefined);
});
