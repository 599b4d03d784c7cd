import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Flight } from "./flight.ts";

describe("Flight", () => {
  it("tells the next reply from one that was heard and from one after a gap", () => {
    const flight = new Flight(1, 0);
    assert.deepEqual(
      [0, 0, 1, 3, 2, 3, 4].map((number) => flight.hear(number)),
      ["next", "old", "next", "gap", "old", "old", "next"],
    );
  });

  it("begins anew under the next fence, and counts the workers it outlived", () => {
    const flight = new Flight(1, 0);
    flight.hear(0);
    flight.state = { kind: "running", worker: "w", heardMs: 5 };
    flight.again(true);
    assert.deepEqual([flight.fence, flight.losses, flight.state.kind], [2, 1, "unsent"]);
    assert.equal(flight.hear(0), "next");
    flight.again(false);
    assert.deepEqual([flight.fence, flight.losses], [3, 1]);
  });
});
