import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type DocumentInput, manualAuthor } from "../../domain/search/search-contract.ts";
import { SearchIndex } from "./search-index.ts";

// What people put into memory, beside a manual whose examples hold their very question.

const document = (id: string, ingestedBy: string, text: string): DocumentInput => ({
  documentId: id,
  owner: null,
  title: id,
  source: id,
  mediaType: "text/markdown",
  tier: "owner",
  ingestedBy,
  cause: 1,
  expiresMs: null,
  seq: 1,
  text,
});

const house = {
  en: {
    question: "When was the boiler serviced?",
    own: "The boiler was serviced on 3 March.",
    unlike: "The boiler is red.",
  },
  ru: {
    question: "Когда обслуживали котёл?",
    own: "Котёл обслуживали 3 марта.",
    unlike: "Котёл красный.",
  },
} as const;

function search(documents: readonly DocumentInput[], query: string) {
  const folder = mkdtempSync(join(tmpdir(), "adyton-own-"));
  const index = new SearchIndex(join(folder, "index.db"));
  try {
    index.add(documents);
    return index.search({ query, owners: [], limit: 3, nowMs: 0 });
  } finally {
    index.close();
    rmSync(folder, { recursive: true });
  }
}

for (const language of ["en", "ru"] as const)
  describe(`a person's own words (${language})`, () => {
    const { question, own, unlike } = house[language];
    const manual = document(
      "manual",
      manualAuthor,
      `# ${question}\n\n\`\`\`sh\n./adyton say "${question}"\n\`\`\`\n`,
    );

    it("go before the manual's that match as well", () => {
      const { hits } = search([manual, document("own", "owner", own)], question);
      assert.deepEqual(
        hits.map(({ documentId }) => documentId),
        ["own", "manual"],
      );
    });

    it("go behind the manual's that match far better", () => {
      const { hits } = search([manual, document("own", "owner", unlike)], question);
      assert.equal(hits[0]?.documentId, "manual");
    });
  });
