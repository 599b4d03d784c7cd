// The plainest bot there is, in a process of its own: a library's loop that says back what it hears and keeps nothing.
// Beside it is measured what a node adds.
import { Bot } from "grammy";

const [apiRoot = "", token = ""] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot } });
bot.on("message:text", (context) => context.reply(context.message.text));
// A lost server ends the process, and the bench with it.
await bot.start({
  onStart: () => {
    process.stdout.write("listening\n");
  },
});
