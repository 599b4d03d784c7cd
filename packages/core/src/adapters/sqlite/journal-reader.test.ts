import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { historyBytesMax, JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { answered, append, richJournal, said, temporaryHome } from "./test/journal-fixture.ts";

describe("reading the journal", () => {
  it("tells of a record without its payload all but the payload", () => {
    using home = temporaryHome();
    richJournal(home.files, 4);
    using reader = new JournalReader(home.files.file);
    const whole = reader.after(0, 100);
    const headers = reader.headersAfter(0, 100);
    assert.deepEqual(
      headers,
      whole.map(({ data: _data, ...header }) => header),
    );
    for (const { data, payloadBytes } of whole)
      assert.equal(payloadBytes, Buffer.byteLength(JSON.stringify(data)));
    assert.deepEqual(
      reader.headersAfter(1, 2, "turn.").map(({ seq }) => seq),
      [2, 4],
    );
  });

  it("counts the bytes of both scripts, and none of what is erased", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    append(writer, { records: [said("ёж"), said("hedgehog")] });
    writer.database.exec("UPDATE payload SET salt = NULL, data = NULL WHERE seq = 2");
    using reader = new JournalReader(home.files.file);
    assert.deepEqual(
      reader.headersAfter(0, 9).map((header) => [header.payload, header.payloadBytes]),
      [
        ["present", Buffer.byteLength('{"text":"ёж"}')],
        ["erased", 0],
      ],
    );
  });

  const emptyBytes = Buffer.byteLength('{"text":""}');
  const sizes: ReadonlyArray<readonly [name: string, bytes: readonly number[], kept: number[]]> = [
    ["that fit exactly are all read", [1, 1], [1, 2]],
    ["that are a byte too long are the newest", [1, 1.000_001], [2]],
    ["of which one alone is too long are that one", [0.1, 2.2], [2]],
  ];
  for (const [name, halves, kept] of sizes)
    it(`answers of a conversation ${name}`, () => {
      using home = temporaryHome();
      using writer = new JournalWriter(home.files);
      for (const [index, half] of halves.entries()) {
        const bytes = Math.ceil((historyBytesMax / 2) * half);
        const record = answered(`r${index}`);
        append(writer, {
          records: [{ ...record, data: { text: "x".repeat(bytes - emptyBytes) } }],
        });
      }
      using reader = new JournalReader(home.files.file);
      assert.deepEqual(
        reader.answeredTurns("c1", 0, 9).map(({ seq }) => seq),
        kept,
      );
      assert.deepEqual(
        reader.answeredTurns("c1", 0, 1).map(({ seq }) => seq),
        [2],
      );
    });
});
