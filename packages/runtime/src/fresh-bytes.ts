import { randomFillSync } from "node:crypto";

/** One call of the system's generator for 16 bytes costs as much as one for 4,096. */
const pool = Buffer.alloc(4_096);
let poolUsed = pool.length;

/** Fresh random bytes from the system's generator, up to 4,096 at a time. Throws `RangeError` for more. */
export function freshBytes(count: number): Buffer {
  if (count > pool.length) throw new RangeError(`at most ${pool.length} bytes at a time`);
  if (poolUsed + count > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  const end = poolUsed + count;
  const fresh = Buffer.from(pool.subarray(poolUsed, end));
  // What was given away does not stay here: whoever reads it could test guesses of what it protects.
  pool.fill(0, poolUsed, end);
  poolUsed = end;
  return fresh;
}
