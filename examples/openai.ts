// OpenAI's own client against a node: a streamed answer, and a tool that the program runs for the model.
//   ./adyton node examples/openai.ts [address]
import OpenAI from "openai";

const address = process.argv[2] ?? "http://localhost:7860";
// The client wants a key; the node asks for none on this machine. Put a token here to speak for somebody.
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: "none" });
// `adyton` is the node's default mode; `adyton/extractive` quotes memory, `adyton/direct` asks the model.
const model = "adyton";

const stream = await client.chat.completions.create({
  model,
  messages: [{ role: "user", content: "Say hello." }],
  stream: true,
});
for await (const { choices } of stream) process.stdout.write(choices[0]?.delta.content ?? "");
process.stdout.write("\n");

const question = { role: "user" as const, content: "What time is it?" };
const tools = [{ type: "function" as const, function: { name: "clock", parameters: {} } }];
const asked = await client.chat.completions.create({ model, messages: [question], tools });
const [choice] = asked.choices;
const calls = choice?.message.tool_calls ?? [];
if (choice !== undefined && calls.length > 0) {
  const results = calls.map(({ id }) => ({
    role: "tool" as const,
    tool_call_id: id,
    content: new Date().toISOString(),
  }));
  const messages = [question, choice.message, ...results];
  const told = await client.chat.completions.create({ model, messages, tools });
  console.log(told.choices[0]?.message.content);
} else console.log(choice?.message.content);
