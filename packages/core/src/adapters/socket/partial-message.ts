import type { Room, Speaker } from "../../ports/operations.ts";

/**
 * Counts the bytes of a message that has not wholly arrived against its caller's share, so that many connections with
 * a large beginning each cannot fill the memory. A small beginning is not counted and may wait for its rest for ever; one
 * that counts may not, because it takes from what others of the same caller need.
 */
export class PartialMessage {
  readonly #room: Room;
  readonly #uncountedBytesMax: number;
  #counted = 0;
  #whose: Speaker["principal"] | undefined;
  #beats = 0;

  constructor(room: Room, uncountedBytesMax: number) {
    this.#room = room;
    this.#uncountedBytesMax = uncountedBytesMax;
  }

  /** So many bytes are kept now. False when there is no room for them. */
  keeps(bytes: number, { principal }: Speaker): boolean {
    if (bytes <= this.#uncountedBytesMax || bytes <= this.#counted) return true;
    const whose = this.#whose ?? principal;
    if (!this.#room.take(whose, bytes - this.#counted)) return false;
    this.#whose = whose;
    this.#counted = bytes;
    return true;
  }

  /** Asked with each beat: whether a whole time has passed since what there is of the message began to count. */
  isLate(): boolean {
    return this.#whose !== undefined && this.#beats++ > 0;
  }

  /** Nothing is kept any more. */
  clear(): void {
    if (this.#whose !== undefined) this.#room.give(this.#whose, this.#counted);
    this.#whose = undefined;
    this.#counted = 0;
    this.#beats = 0;
  }
}
