import type { Facts } from "../../domain/journal/record.ts";

type Run = (sql: string, ...values: (string | number | null)[]) => void;

/** Who was let in by a code, and which owners are confirmed. A name whose former bearer is gone is given again. */
export function pairingProjection<T extends { readonly time: number }>(run: Run) {
  return {
    "pairing.made": (record: T, { name, server, code, expiresMs }: Facts<"pairing.made">): void =>
      run(
        "INSERT OR REPLACE INTO pairing (name, server, code, created, expires) VALUES (?, ?, ?, ?, ?)",
        name,
        server,
        code,
        record.time,
        expiresMs,
      ),
    "pairing.used": (record: T, { name, user }: Facts<"pairing.used">): void =>
      run(
        "UPDATE pairing SET user = ?, paired = ? WHERE name = ? AND user IS NULL AND revoked IS NULL",
        user,
        record.time,
        name,
      ),
    "confirmation.made": (record: T, { user, expiresMs }: Facts<"confirmation.made">): void =>
      run(
        "INSERT OR REPLACE INTO confirmation (user, created, expires) VALUES (?, ?, ?)",
        user,
        record.time,
        expiresMs,
      ),
    "confirmation.revoked": (_: T, { user }: Facts<"confirmation.revoked">): void =>
      run("DELETE FROM confirmation WHERE user = ?", user),
    "pairing.revoked": (record: T, { name }: Facts<"pairing.revoked">): void =>
      run("UPDATE pairing SET revoked = ? WHERE name = ? AND revoked IS NULL", record.time, name),
  };
}
