import type { Project, RunStatement } from "./project.ts";

/** What is being forgotten, and what of memory is gone with it. */
export function forgettingProjections(run: RunStatement): Project {
  return {
    "memory.forgetting": (record, { forget, stage }) =>
      stage === "begun"
        ? run("INSERT INTO forgetting (id, begun) VALUES (?, ?)", forget, record.seq)
        : run("UPDATE forgetting SET settled = ? WHERE id = ?", record.seq, forget),
    "memory.entries.forgotten": (_record, { entries }) => {
      for (const id of entries) {
        for (const table of ["document", "fact", "proposal", "block"])
          run(`DELETE FROM ${table} WHERE id = ?`, id);
        // What the fact had put an end to does not hold again: it is forgotten, not untrue.
        run("UPDATE fact SET superseded_by = NULL WHERE superseded_by = ?", id);
      }
    },
    "memory.forgotten": (_record, { forget }) => run("DELETE FROM forgetting WHERE id = ?", forget),
  };
}
