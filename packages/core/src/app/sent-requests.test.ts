import assert from "node:assert/strict";
import { it } from "node:test";
import { requestsRememberedMax, SentRequests } from "./sent-requests.ts";

const request = { role: "system", startsWithPrompt: true, askedModel: "m", answeredModel: "m" };

it("remembers the last request of so many conversations, the newest", () => {
  const sent = new SentRequests();
  for (let n = 0; n < requestsRememberedMax; n += 1) sent.note(`cv_${n}`, request);
  sent.note("cv_0", { ...request, role: "user" });
  assert.equal(sent.last("cv_1")?.role, "system");
  sent.note("cv_new", request);
  assert.equal(sent.last("cv_1"), undefined);
  assert.equal(sent.last("cv_0")?.role, "user");
  assert.equal(sent.last("cv_new")?.role, "system");
});
