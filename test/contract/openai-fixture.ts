import OpenAI, { APIError } from "openai";
import type { OpenAiEmulatorOptions } from "@adyton/emulators";
import { type NodeSettings, startWithEmulator } from "../e2e/node-process.ts";

/** The official client, as its users install it, against a real node before an emulated model server. */

export const reply = "One two three, раз два три.";

export async function start(emulation: OpenAiEmulatorOptions = {}, settings: NodeSettings = {}) {
  const both = await startWithEmulator({ rules: [{ reply }], ...emulation }, settings);
  const { node } = both;
  const clientOf = (apiKey: string, more: object = {}): OpenAI =>
    new OpenAI({ baseURL: `http://127.0.0.1:${node.port}/v1`, apiKey, maxRetries: 0, ...more });
  return {
    ...both,
    clientOf,
    /** What people put where they have no key. */
    client: clientOf("sk-none"),
    owner: clientOf(node.owner),
    [Symbol.asyncDispose]: () => both[Symbol.asyncDispose](),
  };
}
export type Both = Awaited<ReturnType<typeof start>>;

export const user = (content: string) => ({ role: "user" as const, content });

/** The last chat the model server was asked, as its body. */
// oxlint-disable-next-line typescript/no-explicit-any
export function lastAsked({ emulator }: Both): any {
  return emulator.requests.findLast(({ endpoint }) => endpoint === "chat")?.body;
}

/** The error a call is refused with; throws when it is not. */
export async function refusal(call: Promise<unknown>): Promise<APIError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error("the call was not refused");
}

export const clock = {
  name: "clock",
  description: "Tells the time of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
