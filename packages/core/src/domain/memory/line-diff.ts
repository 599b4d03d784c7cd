export interface LineChange {
  readonly change: "same" | "added" | "removed";
  readonly text: string;
}

/**
 * What turns one text into another, line by line: a longest common subsequence is kept (Wagner and Fischer, 1974). Time
 * and room grow with the product of the lines that differ, so it is for short texts.
 */
export function lineDiff(before: string, after: string): readonly LineChange[] {
  const [left, right] = [linesOf(before), linesOf(after)];
  // common[i][j]: how many lines the ends from i and from j on have in common.
  const common = left.map(() => new Uint16Array(right.length + 1));
  common.push(new Uint16Array(right.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i -= 1)
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const row = common[i];
      if (row === undefined) continue;
      row[j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  const changes: LineChange[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length;) {
    const [gone, come] = [left[i], right[j]];
    if (gone !== undefined && gone === come) {
      changes.push({ change: "same", text: gone });
      i += 1;
      j += 1;
    } else if (gone !== undefined && (come === undefined || at(i + 1, j) >= at(i, j + 1))) {
      changes.push({ change: "removed", text: gone });
      i += 1;
    } else if (come !== undefined) {
      changes.push({ change: "added", text: come });
      j += 1;
    }
  }
  return changes;
}

const linesOf = (text: string): string[] => (text === "" ? [] : text.split("\n"));
