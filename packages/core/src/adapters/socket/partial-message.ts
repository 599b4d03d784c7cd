import type { Room, Speaker } from "../../ports/operations.ts";

/**
 * Counts the bytes of a message that has not wholly arrived against its caller's share, so that many connections with
 * a large beginning each cannot fill the memory. A small beginning is not counted.
 */
export class PartialMessage {
  readonly #room: Room;
  readonly #uncountedBytesMax: number;
  #counted = 0;
  #whose: Speaker["principal"] | undefined;

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

  /** Nothing is kept any more. */
  clear(): void {
    if (this.#whose !== undefined) this.#room.give(this.#whose, this.#counted);
    this.#whose = undefined;
    this.#counted = 0;
  }
}
