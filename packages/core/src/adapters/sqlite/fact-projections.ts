import type { Project, RunStatement } from "./project.ts";

/** Of the rows of the slot that the new fact is in, those that hold when it begins. */
const heldThen = `owner = ?2 AND shared = ?3 AND slot_key = ?4 AND retracted IS NULL AND valid_from <= ?5
  AND (valid_to IS NULL OR valid_to > ?5) AND (closed IS NULL OR closed > ?5) AND id <> ?1`;

/**
 * Facts, proposals and blocks. A fact takes the place of what held in its slot (one person's subject and attribute) when
 * it begins. One without an end of its own that is told late, about a time before another of the slot, ends where that
 * one begins. What is retracted was never so: what it had closed is closed by what closed it, or holds again.
 */
export function factProjections(run: RunStatement): Project {
  return { ...storing(run), ...proposing(run), ...pinning(run) };
}

function storing(run: RunStatement): Project {
  return {
    "memory.fact.stored": (record, facts) => {
      const { fact, slotKey, validFromMs } = facts;
      const shared = facts.shared ? 1 : 0;
      run(
        `INSERT INTO fact (id, owner, shared, slot_key, valid_from, subject_key, valid_to, confidence, tier, source, seq,
           recorded, source_seq, supersedes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
           ifnull((SELECT seq FROM proposal WHERE id = ?13), ?11),
           (SELECT id FROM fact WHERE ${heldThen} ORDER BY valid_from DESC, seq DESC LIMIT 1))`,
        fact,
        record.owner,
        shared,
        slotKey,
        validFromMs,
        facts.subjectKey,
        facts.validToMs,
        facts.confidence,
        facts.tier,
        facts.source,
        record.seq,
        facts.recordedMs ?? record.time,
        facts.proposal,
      );
      run(
        `UPDATE fact SET closed = ?5, superseded_by = ?1 WHERE ${heldThen}`,
        fact,
        record.owner,
        shared,
        slotKey,
        validFromMs,
      );
      run(
        `UPDATE fact SET (closed, superseded_by) = (SELECT valid_from, id FROM fact AS later
           WHERE later.owner = fact.owner AND later.shared = fact.shared AND later.slot_key = fact.slot_key
             AND later.retracted IS NULL AND later.valid_from > fact.valid_from
           ORDER BY later.valid_from, later.seq LIMIT 1)
         WHERE id = ? AND valid_to IS NULL`,
        fact,
      );
      run(
        "UPDATE proposal SET decided = ?, fact = ? WHERE id = ?",
        record.time,
        fact,
        facts.proposal,
      );
    },
    "memory.fact.retracted": (record, { fact }) => {
      run(
        `UPDATE fact SET (closed, superseded_by) = (SELECT closed, superseded_by FROM fact WHERE id = ?1)
         WHERE superseded_by = ?1`,
        fact,
      );
      run("UPDATE fact SET retracted = ? WHERE id = ? AND retracted IS NULL", record.time, fact);
    },
  };
}

function proposing(run: RunStatement): Project {
  return {
    "memory.fact.proposed": (record, facts) =>
      run(
        `INSERT INTO proposal (id, owner, actor, tier, shared, subject_key, slot_key, until, seq, proposed)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        facts.proposal,
        record.owner,
        record.actor,
        record.tier,
        facts.shared ? 1 : 0,
        facts.subjectKey,
        facts.slotKey,
        facts.untilMs,
        record.seq,
        record.time,
      ),
    "memory.proposal.rejected": (record, { proposal }) =>
      run(
        "UPDATE proposal SET decided = ? WHERE id = ? AND decided IS NULL",
        record.time,
        proposal,
      ),
  };
}

function pinning(run: RunStatement): Project {
  return {
    "memory.block.saved": (record, facts) =>
      run(
        `INSERT INTO block (id, owner, name_key, version, chars, tier, seq, created, changed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, chars = excluded.chars, tier = excluded.tier,
           seq = excluded.seq, changed = excluded.changed`,
        facts.block,
        record.owner,
        facts.nameKey,
        facts.version,
        facts.chars,
        record.tier,
        record.seq,
        record.time,
      ),
    "memory.block.removed": (record, { block }) =>
      run("UPDATE block SET removed = ? WHERE id = ? AND removed IS NULL", record.time, block),
  };
}
