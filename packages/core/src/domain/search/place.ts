/** Where a passage stands: title › headings, a heading that repeats the title left out. */
export function placeOf(passage: {
  readonly title: string;
  readonly heading: readonly string[];
}): string {
  const { title, heading } = passage;
  return [title, ...heading.filter((each) => each !== title)].join(" › ");
}
