import type { EmulatedPerson } from "@adyton/emulators";
import type { Carrier, Told } from "./hostile-carriers.ts";
import { type HostileNode, type Injection, memberIdOf } from "./hostile-node.ts";
import { answersTo } from "./bot-answers.ts";

// The ways by which somebody else's words come through the messenger. Each text comes to another person, all at once.

const answerMsMax = 30_000;
const stranger = { type: "hidden_user", date: 0, sender_user_name: "Сосед" };

type Send = (person: EmulatedPerson, injection: Injection) => ReturnType<EmulatedPerson["say"]>;

/** Sends as a member, and waits for what the bot shows in the end, with the addresses that its marks hide. */
function via(send: Send): Carrier["ask"] {
  return async ({ telegram }: HostileNode, injection): Promise<Told> => {
    const person = telegram.person({ id: memberIdOf(injection) });
    const sent = send(person, injection);
    // What still grows has a button that stops it.
    const shown = () =>
      answersTo(person).filter(
        ({ id, text, markup }) => id > sent.id && text !== "…" && markup === undefined,
      );
    await telegram.waitUntil(() => shown().length > 0, answerMsMax);
    const marks = shown().flatMap(({ entities }) => entities.map((each) => JSON.stringify(each)));
    return { answer: [...shown().map(({ text }) => text), ...marks].join("\n") };
  };
}

const file = (name: string, text: string) => ({
  name,
  bytes: Buffer.from(text),
  mediaType: "text/plain",
});

export const channelCarriers: readonly Carrier[] = [
  {
    name: "a forwarded message",
    isTogether: true,
    ask: via((person, { text }) => person.say(text, { extra: { forward_origin: stranger } })),
  },
  {
    name: "the caption of a forwarded file",
    isTogether: true,
    ask: via((person, { text }) =>
      person.sendFile("document", file("a.txt", "Served."), text, {
        extra: { forward_origin: stranger },
      }),
    ),
  },
  {
    name: "a document sent to the bot, and its name",
    isTogether: true,
    ask: via((person, { text }) =>
      person.sendFile("document", file(`${text}.md`, text), "What is it?"),
    ),
  },
  {
    name: "a reply to somebody else's words in the messenger",
    isTogether: true,
    ask: via((person, { text }) =>
      person.say("What does it say?", {
        extra: { external_reply: { origin: stranger }, quote: { text, position: 0 } },
      }),
    ),
  },
];
