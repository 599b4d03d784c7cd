import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { routes } from "@adyton/protocol";
import { answerSchemas } from "./routes-used.ts";

describe("the routes the command line uses", () => {
  for (const [id, schema] of Object.entries(answerSchemas))
    it(`reads the answer of ${id} by the contract's own schema`, () =>
      assert.equal(routes.find((route) => route.id === id)?.response.schema, schema));
});
