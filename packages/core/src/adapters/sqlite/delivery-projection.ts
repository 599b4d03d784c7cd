import type { Facts } from "../../domain/journal/record.ts";

type Run = (sql: string, ...values: (string | number | null)[]) => void;
interface Header {
  readonly seq: number;
  readonly time: number;
  readonly actor: string;
}

/** What is owed through channels: opened, placed part by part, gone once closed. */
export function deliveryProjection<T extends Header>(run: Run) {
  return {
    "delivery.opened": (record: T, facts: Facts<"delivery.opened">): void =>
      run(
        "INSERT INTO delivery (id, channel, actor, run, seq, time, placing) VALUES (?, ?, ?, ?, ?, ?, -1)",
        facts.delivery,
        facts.channel,
        record.actor,
        facts.run,
        record.seq,
        record.time,
      ),
    "delivery.replaced": (record: T, facts: Facts<"delivery.replaced">): void =>
      run(
        "UPDATE delivery SET run = ?, seq = ? WHERE id = ?",
        facts.run,
        record.seq,
        facts.delivery,
      ),
    "delivery.noted": (record: T, facts: Facts<"delivery.noted">): void =>
      run(
        "UPDATE delivery SET notes = json_insert(notes, '$[#]', ?), run = coalesce(?, run) WHERE id = ?",
        record.seq,
        facts.run,
        facts.delivery,
      ),
    "delivery.placing": (_record: T, facts: Facts<"delivery.placing">): void =>
      run("UPDATE delivery SET placing = ? WHERE id = ?", facts.part, facts.delivery),
    "delivery.placed": (_record: T, facts: Facts<"delivery.placed">): void =>
      run(
        `INSERT INTO delivery_part (delivery, part, message) VALUES (?, ?, ?)
         ON CONFLICT (delivery, part) DO UPDATE SET message = excluded.message`,
        facts.delivery,
        facts.part,
        facts.message,
      ),
    "delivery.closed": (_record: T, facts: Facts<"delivery.closed">): void => {
      run("DELETE FROM delivery_part WHERE delivery = ?", facts.delivery);
      run("DELETE FROM delivery WHERE id = ?", facts.delivery);
    },
  };
}
