/** The billions of parameters in a model's name (`qwen3:8b`, `Llama-3.3-70B-Instruct`); of a mixture, all of them. */
export function billionsByName(name: string): number | undefined {
  const found = [
    ...name.matchAll(/(?<![\p{L}\d.])(?:(\d{1,3})x)?(\d{1,4}(?:\.\d{1,2})?)b(?![\p{L}\d])/giu),
  ];
  const sizes = found.map(([, experts = "1", billions = ""]) => Number(experts) * Number(billions));
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}
