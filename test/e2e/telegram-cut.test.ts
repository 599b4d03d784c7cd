import assert from "node:assert/strict";
import { it } from "node:test";
import { startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { answersTo } from "./bot-answers.ts";
import { startBot } from "./bot-node.ts";

const remarks = {
  en: {
    cut: "(The model server broke off; this is what arrived.)",
    length: "(The answer ended at its token limit.)",
  },
  ru: {
    cut: "(Сервер модели оборвал ответ; это то, что пришло.)",
    length: "(Ответ закончился на пределе токенов.)",
  },
} as const;

for (const language of ["en", "ru"] as const)
  it(`says under an answer that is not whole why it ends there (${language})`, async () => {
    const said = "раз два три четыре";
    await using stack = new AsyncDisposableStack();
    const telegram = stack.use(await startTelegramEmulator());
    const model = await startOpenAiEmulator({
      rules: [
        { text: /broken/, reply: said, fault: { kind: "cut_stream", afterTokens: 3 } },
        { text: /full/, reply: { text: said, finishReason: "length" } },
        { reply: said },
      ],
    });
    stack.use(model);
    stack.use(await startBot(telegram, model, { language }));
    const person = telegram.person({ id: 2 });
    const answerTo = async (question: string): Promise<string | undefined> => {
      const before = answersTo(person).length;
      person.say(question);
      await telegram.waitUntil(() => {
        const [answer] = answersTo(person).slice(before);
        return answer !== undefined && answer.text !== "…" && answer.markup === undefined;
      }, 20_000);
      return answersTo(person)[before]?.text;
    };
    assert.equal(await answerTo("whole"), said, "the control: nothing under a whole answer");
    assert.equal(await answerTo("full"), `${said}\n\n${remarks[language].length}`);
    const broken = (await answerTo("broken")) ?? "";
    const end = `\n\n${remarks[language].cut}`;
    assert.ok(broken.endsWith(end), broken);
    const half = broken.slice(0, -end.length);
    assert.ok(half !== "" && half !== said && said.startsWith(half), half);
  });
