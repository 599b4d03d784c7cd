/**
 * The lines of a text that comes in pieces, without their line feeds. Throws `RangeError` for a line of more than
 * `charsMax` characters. A line ends at a line feed alone: JSON may have other line ends inside its texts.
 */
export async function* textLines(
  pieces: AsyncIterable<unknown>,
  charsMax: number,
): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + String(piece)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of [...lines, rest])
      if (line.length > charsMax)
        throw new RangeError(`a line has more than ${charsMax} characters`);
    yield* lines;
  }
  if (rest !== "") yield rest;
}
