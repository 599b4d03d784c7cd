import type { Facts } from "../../domain/journal/record.ts";

type Run = (sql: string, ...values: (string | number | null)[]) => void;

/** Which doors are shut. */
export function doorProjection(run: Run) {
  return {
    "door.changed": (
      record: { readonly time: number },
      { door, status, sinceMs }: Facts<"door.changed">,
    ): void => {
      if (status === "open") run("DELETE FROM door WHERE name = ?", door);
      else
        run(
          "INSERT INTO door (name, since) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
          door,
          sinceMs ?? record.time,
        );
    },
  };
}
