import * as z from "zod";
import type { ToolCall } from "../../ports/backend.ts";
import { answerCharsMax, toolCallsMax, toolNameCharsMax } from "./limits.ts";

const WireCall = z.object({
  index: z.int().nonnegative().nullish(),
  id: z.string().nullish(),
  function: z
    .object({
      name: z.string().nullish(),
      // The shared route says text; some servers give the object that the text should hold.
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
});
const WireCalls = z.array(WireCall);

interface Growing {
  readonly index: number;
  id: string;
  name: string;
  arguments: string;
}

/**
 * The tool calls of one answer, put together from its pieces: the first piece of a call brings id and name, the others
 * more of its arguments. Servers that number nothing send each call whole, with an id of its own.
 */
export class ToolCalls {
  readonly #calls: Growing[] = [];
  #chars = 0;

  /** False when the pieces are unreadable, or more than an answer may hold. */
  take(pieces: unknown): boolean {
    if (pieces === undefined || pieces === null) return true;
    const parsed = WireCalls.safeParse(pieces);
    return parsed.success && parsed.data.every((piece) => this.#add(piece));
  }

  /** The calls, in the order in which they began. A call without a name is none. */
  get all(): readonly ToolCall[] {
    return this.#calls
      .filter(({ name }) => name !== "")
      .map(({ id, name, arguments: text }, place) => ({
        id: id === "" ? `call_${place}` : id,
        name,
        arguments: text === "" ? "{}" : text,
      }));
  }

  #add({ index, id, function: called }: z.infer<typeof WireCall>): boolean {
    const given = called?.arguments ?? "";
    const text = typeof given === "string" ? given : JSON.stringify(given);
    const call = this.#find(index ?? undefined, id ?? undefined);
    if (call === undefined) return false;
    if (call.id === "") call.id = id ?? "";
    // A server that repeats the name with each piece means the same call.
    if (call.name === "") call.name = called?.name ?? "";
    call.arguments += text;
    this.#chars += text.length;
    return (
      this.#chars <= answerCharsMax &&
      call.name.length <= toolNameCharsMax &&
      call.id.length <= toolNameCharsMax
    );
  }

  #find(index: number | undefined, id: string | undefined): Growing | undefined {
    const last = this.#calls.at(-1);
    const known =
      index === undefined
        ? id === undefined || id === "" || id === last?.id
          ? last
          : undefined
        : this.#calls.find((call) => call.index === index);
    if (known !== undefined) return known;
    if (this.#calls.length >= toolCallsMax) return undefined;
    const begun = { index: index ?? this.#calls.length, id: "", name: "", arguments: "" };
    this.#calls.push(begun);
    return begun;
  }
}
