/**
 * A model's name as somebody other than the owner sees it. Servers that are started with a file name the model by its
 * path, which says more about the machine than anybody else should know.
 */
export function shownModel(id: string): string {
  const isPath = /^(\/|~|\.{1,2}[/\\]|[A-Za-z]:[/\\]|\\\\|file:)/.test(id);
  return isPath ? (id.split(/[/\\]/).findLast((part) => part !== "") ?? id) : id;
}
