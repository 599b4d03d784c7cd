import assert from "node:assert/strict";
import { it } from "node:test";
import type { Styled } from "../../domain/channels/format.ts";
import { openApp, until } from "../test/app-fixture.ts";
import { chat, outboxOptions, owedReply } from "../test/one-chat.ts";
import { Outbox } from "./outbox.ts";

const remark = "(Сервер модели оборвал ответ; это то, что пришло.)";

for (const [name, text, shownText, code] of [
  ["half an answer", "Один из **двух**", "Один из двух", []],
  ["a block of code that never ends", "Вот:\n```js\nconst a", "Вот:\nconst a", [[5, 7]]],
] as const)
  it(`puts a remark under ${name}, outside of its styles`, async () => {
    await using app = await openApp();
    const { shown, door } = chat();
    let styles: readonly Styled[] = [];
    await using outbox = new Outbox(
      outboxOptions(app, {
        door: {
          ...door,
          fill: (place, message, look, signal) => {
            styles = look.said?.styles ?? [];
            return door.fill(place, message, look, signal);
          },
        },
        endOf: () => Promise.resolve({ text, remark }),
      }),
    );
    await outbox.open(owedReply({ kind: "run", run: "r1" }));
    await until("it is delivered", () => app.state.deliveries("telegram").length === 0);
    assert.deepEqual(shown, [`${shownText}\n\n${remark}`]);
    const pre = styles.filter(({ type }) => type === "pre");
    assert.deepEqual(
      pre.map(({ offset, length }) => [offset, length]),
      code,
    );
  });
