import assert from "node:assert/strict";
import { it } from "node:test";
import { ownLookup } from "./own-lookup.ts";

type Find = NonNullable<Parameters<typeof ownLookup>[0]>;
const gone = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });

const askOne = (lookup: ReturnType<typeof ownLookup>, host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    lookup(host, {}, (error, address) => {
      if (error === null && typeof address === "string") resolve(address);
      else reject(error ?? new Error("a list was answered"));
    });
  });

it("uses the address that worked last while the name cannot be found", async () => {
  let isDead = false;
  const lookup = ownLookup((_host, done) =>
    isDead ? done(gone, "", 4) : done(null, "127.0.0.2", 4),
  );
  assert.equal(await askOne(lookup, "api.example"), "127.0.0.2");
  isDead = true;
  assert.equal(await askOne(lookup, "api.example"), "127.0.0.2");
  await assert.rejects(askOne(lookup, "other.example"), { code: "ENOTFOUND" });
});

it("asks once for everybody who asks at the same time", async () => {
  const waiting: Parameters<Find>[1][] = [];
  const lookup = ownLookup((_host, done) => void waiting.push(done));
  const both = [askOne(lookup, "api.example"), askOne(lookup, "api.example")];
  assert.equal(waiting.length, 1);
  waiting[0]?.(null, "127.0.0.3", 4);
  assert.deepEqual(await Promise.all(both), ["127.0.0.3", "127.0.0.3"]);
  const later = askOne(lookup, "api.example");
  assert.equal(waiting.length, 2, "an answer is not kept for the next question");
  waiting[1]?.(null, "127.0.0.4", 4);
  assert.equal(await later, "127.0.0.4");
});

it("answers the list that sockets ask for, and finds names of this machine over IPv4", async () => {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  ownLookup()("localhost", { all: true }, (error, found) =>
    error ? reject(error) : resolve(found),
  );
  assert.deepEqual(await promise, [{ address: "127.0.0.1", family: 4 }]);
});
