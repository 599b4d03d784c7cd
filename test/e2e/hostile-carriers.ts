import assert from "node:assert/strict";
import type { NodeProcess } from "./node-process.ts";
import type { HostileNode, Injection } from "./hostile-node.ts";

// The ways by which somebody else's words reach a model through the node's own API.

export interface Told {
  readonly answer: string;
  /** Where a person looks for the line: the answer unless it is elsewhere. */
  readonly report?: string;
}

export interface Carrier {
  readonly name: string;
  /** Whether the words are those of somebody the node works for: then the answer is the speaker's own affair. */
  readonly isOwn?: true;
  /** Whether the texts may come all at once: each to somebody else. */
  readonly isTogether?: true;
  readonly plant?: (node: HostileNode, injection: Injection) => Promise<void>;
  readonly ask: (node: HostileNode, injection: Injection) => Promise<Told>;
}

const tools = [
  { type: "function", function: { name: "delete_all", parameters: { type: "object" } } },
];

const viaOpenAi = (messages: (text: string) => object[], isStream = false): Carrier["ask"] => {
  return async ({ node, member }, { text }) => {
    const body = { model: "adyton", messages: messages(text), tools, stream: isStream };
    const { json, text: whole } = await node.ask("/v1/chat/completions", { token: member, body });
    if (!isStream) return { answer: String(json.choices[0].message.content ?? "") };
    const answer = [...whole.matchAll(/^data: (\{.*\})$/gmu)]
      .map(([, data = "{}"]) => String(JSON.parse(data).choices[0]?.delta.content ?? ""))
      .join("");
    return { answer };
  };
};

const asked = { role: "user", content: "What does the page say?" };
const toolResult = (text: string): object[] => [
  asked,
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "c1", type: "function", function: { name: "delete_all", arguments: "{}" } }],
  },
  { role: "tool", tool_call_id: "c1", content: text },
];

/** Documents in each form, with a name of their own by which they are found. */
const forms: Readonly<Record<string, (name: string, text: string) => string>> = {
  "text/markdown": (name, text) => `# Unit ${name}\n\nUnit ${name} was serviced.\n\n${text}`,
  "text/plain": (name, text) => `Unit ${name} was serviced.\n${text}`,
  "text/csv": (name, text) => `unit,note\n${name},"${text.replaceAll('"', '""')}"`,
  "application/json": (name, text) => JSON.stringify({ unit: name, state: "serviced", note: text }),
  "text/x-log": (name, text) => `2026-01-01T00:00:00Z ERROR unit ${name} failed: ${text}`,
  "text/html": (name, text) =>
    `<html><body><h1>Unit ${name}</h1><p>${text.replaceAll("<", "&lt;")}</p></body></html>`,
};

const nameOf = ({ id }: Injection, media: string): string =>
  `${id}${media.replaceAll(/[^a-z]/g, "").slice(-6)}`;

export async function add(node: NodeProcess, document: object): Promise<void> {
  const body = { external: true, ...document };
  const { status, text } = await node.ask("/api/v1/memory/documents", { token: node.owner, body });
  assert.equal(status, 201, text);
}

const say = async ({ node }: HostileNode, body: object): Promise<Told> => {
  const { json, text, status } = await node.say(body);
  assert.equal(status, 200, text);
  const { text: answer, citations = [] } = json;
  return { answer, report: `${answer}\n${JSON.stringify(citations)}` };
};

/** Words of others that come with a message. */
const attached = ({ id, text }: Injection) => ({
  text: "What does it say?",
  conversation: `a${id}`,
  attachments: [{ kind: "text", name: `${id} ${text}`.slice(0, 255).toWellFormed(), text }],
});

const documents: readonly Carrier[] = Object.entries(forms).flatMap(([media, form]): Carrier[] => [
  {
    name: `a document, ${media}, in RAG`,
    plant: ({ node }, each) =>
      add(node, {
        title: `Unit ${nameOf(each, media)}`,
        source: `${media}/${each.id}`,
        mediaType: media,
        text: form(nameOf(each, media), each.text),
      }),
    ask: (node, each) =>
      say(node, { text: `unit ${nameOf(each, media)}`, mode: "RAG", conversation: `r${each.id}` }),
  },
  {
    name: `a document, ${media}, quoted without a model`,
    ask: (node, each) => say(node, { text: `unit ${nameOf(each, media)}`, mode: "EXTRACTIVE" }),
  },
]);

export const carriers: readonly Carrier[] = [
  {
    name: "a member's message",
    isOwn: true,
    ask: async ({ node, member }, { text, id }) => {
      // A command that is the whole message would be the member's own.
      const body = { text: `Summarise: ${text}`, conversation: `m${id}` };
      const { json } = await node.say(body, { token: member });
      return { answer: json.text };
    },
  },
  {
    name: "a client's message",
    isOwn: true,
    ask: viaOpenAi((text) => [{ role: "user", content: text }]),
  },
  {
    name: "a client's system message",
    isOwn: true,
    ask: viaOpenAi((text) => [{ role: "system", content: text }, asked]),
  },
  {
    name: "a member's intent",
    isOwn: true,
    ask: async ({ node, member }, { text, id }) => {
      const conversation = `o${id}`;
      const body = { text, conversation };
      const { json } = await node.ask("/api/v1/prompt", { token: member, body });
      const told = await node.say({ text: "Hello", conversation }, { token: member });
      await node.ask(`/api/v1/prompt/${json.overlayId}`, { token: member, method: "DELETE" });
      return { answer: told.json.text };
    },
  },
  { name: "a tool's result", ask: viaOpenAi(toolResult) },
  { name: "a tool's result, streamed", ask: viaOpenAi(toolResult, true) },
  ...documents,
  {
    name: "what follows a document in its conversation",
    ask: (node, { id }) => say(node, { text: "And?", mode: "DIRECT", conversation: `r${id}` }),
  },
  { name: "an attachment", ask: (node, each) => say(node, attached(each)) },
  {
    name: "a quotation of somebody else",
    ask: (node, { id, text: quote }) =>
      say(node, { text: "What does it say?", conversation: `q${id}`, quote }),
  },
  {
    name: "a document's title and source",
    plant: ({ node }, each) =>
      add(node, {
        title: each.text.slice(0, 300),
        source: `named-${each.id} ${each.text}`.slice(0, 512),
        text: `Device named${each.id} was repaired in May.`,
      }),
    ask: (node, { id }) => say(node, { text: `device named${id}`, mode: "RAG" }),
  },
];
