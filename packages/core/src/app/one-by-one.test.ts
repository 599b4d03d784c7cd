import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "../domain/problem-error.ts";
import { OneByOne } from "./one-by-one.ts";

test("work of one key runs in order, of two keys side by side, and a failure stops nobody", async () => {
  const oneByOne = new OneByOne();
  const told: string[] = [];
  const gate = Promise.withResolvers<void>();
  const work = (name: string, wait?: Promise<void>) => async () => {
    told.push(`${name} begins`);
    await wait;
    told.push(`${name} ends`);
    return name;
  };
  const first = oneByOne.run("a", work("first", gate.promise));
  const failing = oneByOne.run("a", () => {
    told.push("it fails");
    throw new Error("planned");
  });
  const third = oneByOne.run("a", work("third"));
  assert.equal(await oneByOne.run("b", work("other")), "other");
  assert.deepEqual(told, ["first begins", "other begins", "other ends"]);
  gate.resolve();
  assert.equal(await first, "first");
  await assert.rejects(failing, /planned/);
  assert.equal(await third, "third");
  assert.deepEqual(told.slice(3), ["first ends", "it fails", "third begins", "third ends"]);
});

test("work of one key is refused over its limit, of another key it is not, and there is room again", async () => {
  const workOfKeyMax = 3;
  const oneByOne = new OneByOne(workOfKeyMax);
  const gate = Promise.withResolvers<void>();
  const held = Array.from({ length: workOfKeyMax }, () => oneByOne.run("a", () => gate.promise));
  await assert.rejects(
    oneByOne.run("a", () => assert.fail("it must not run")),
    (error) => error instanceof ProblemError && error.problem.code === "busy",
  );
  assert.equal(await oneByOne.run("b", () => "other"), "other");
  gate.resolve();
  await Promise.all(held);
  assert.equal(await oneByOne.run("a", () => "again"), "again");
});
