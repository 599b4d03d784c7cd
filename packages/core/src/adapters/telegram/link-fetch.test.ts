import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linkFilePathPattern } from "@adyton/protocol/link-limits";
import type { LinkClient } from "./link-client.ts";
import { LinkFetch } from "./link-fetch.ts";

describe("a request through the link", () => {
  const paths: readonly [given: string, asked: string][] = [
    ["photos/file_1.jpg", "photos/file_1.jpg"],
    ["documents/file_2.док", "documents/file_2.%D0%B4%D0%BE%D0%BA"],
    ["documents/file_3.a (1)", "documents/file_3.a%20%281%29"],
    ["documents/file_4.~'!", "documents/file_4.%7e%27%21"],
  ];
  for (const [given, wanted] of paths)
    it(`asks for ${given} by a path that the relay takes`, async () => {
      const asked: unknown[] = [];
      const call: LinkClient["call"] = (what) => {
        asked.push(what);
        return Promise.resolve({ status: 200, body: Buffer.from("file") });
      };
      const fetched = await new LinkFetch({ call }).fetch(
        `https://api.telegram.org/file/bot0:relay/${given}`,
      );
      assert.deepEqual(asked, [{ type: "file", path: wanted }]);
      assert.match(wanted, linkFilePathPattern);
      assert.equal(fetched.bytes.toString(), "file");
    });
});
