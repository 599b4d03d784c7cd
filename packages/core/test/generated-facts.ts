import type { DocumentInput } from "../src/domain/search/search-contract.ts";

// Facts about people and devices in Russian and English, made from a seed, with questions for each, and questions for what
// was never told: of people who share a name with somebody known, of attributes that others have, of strangers.

type Random = () => number;

export interface GeneratedFact {
  readonly id: string;
  readonly subject: string;
  readonly attribute: string;
  readonly value: string;
  readonly question: string;
}

export interface Unanswerable {
  readonly kind: "a namesake" | "another attribute" | "a stranger" | "nothing known";
  readonly question: string;
}

export interface FactSet {
  readonly facts: readonly GeneratedFact[];
  readonly unanswerable: readonly Unanswerable[];
}

/** A name, and the form in which a question has it: Russian asks about somebody in the genitive. */
type Name = readonly [name: string, asked: string];

interface World {
  readonly first: readonly Name[];
  readonly last: readonly Name[];
  readonly devices: readonly Name[];
  readonly places: readonly Name[];
  readonly strangers: readonly string[];
  readonly attributes: readonly string[];
  readonly unheard: readonly string[];
  readonly values: readonly string[];
  readonly ask: (attribute: string, asked: string) => string;
}

const words = (text: string): readonly string[] => text.split(/,\s*/u);
const pairs = (text: string): readonly Name[] =>
  words(text).map((pair) => {
    const [name = "", asked = ""] = pair.split("|");
    return [name, asked];
  });
const same = (text: string): readonly Name[] => words(text).map((name) => [name, name]);

const russian: World = {
  first: pairs(
    "Анна|Анны, Мария|Марии, Ольга|Ольги, Елена|Елены, Ирина|Ирины, Татьяна|Татьяны, Софья|Софьи, Дарья|Дарьи, Ксения|Ксении, Вера|Веры, Надежда|Надежды, Полина|Полины, Галина|Галины, Лариса|Ларисы, Зоя|Зои, Тамара|Тамары",
  ),
  last: pairs(
    "Петрова|Петровой, Иванова|Ивановой, Смирнова|Смирновой, Кузнецова|Кузнецовой, Соколова|Соколовой, Лебедева|Лебедевой, Новикова|Новиковой, Морозова|Морозовой, Волкова|Волковой, Зайцева|Зайцевой, Павлова|Павловой, Семёнова|Семёновой, Голубева|Голубевой, Виноградова|Виноградовой, Богданова|Богдановой, Воробьёва|Воробьёвой",
  ),
  devices: pairs("насос|насоса, котёл|котла, фильтр|фильтра, датчик|датчика, счётчик|счётчика"),
  places: pairs(
    "подвал|подвала, чердак|чердака, гараж|гаража, сад|сада, баня|бани, кухня|кухни, мастерская|мастерской, склад|склада, теплица|теплицы, погреб|погреба",
  ),
  strangers: words("Аристарха Щукина, Евдокии Рябининой, Прохора Журавлёва, Феофана Грачёва"),
  attributes: words(
    "любимый цвет, любимое блюдо, город, профессия, размер обуви, номер телефона, день рождения, марка машины, имя кошки, адрес дачи, группа крови, аллергия, любимый писатель, знак зодиака, рост, вес, код домофона, место работы, дата замены, давление, мощность, изготовитель, гарантия, температура",
  ),
  unheard: words("любимая птица, девичья фамилия, рекорд в плавании, прозвище в армии"),
  values: words(
    "зелёный, борщ, Пермь, инженер, тридцать девять, семнадцатое мая, Мурка, улица Садовая, вторая, на орехи, Чехов, Овен, высокий, завод, весной, полтора бара, два киловатта, Урал, пять лет, тёплая",
  ),
  ask: (attribute, asked) => `Напомни, какой у ${asked} ${attribute}?`,
};

const english: World = {
  first: same(
    "Alice, Grace, Martha, Edith, Harriet, Rose, Clara, Nora, Ivy, Helen, Judith, Sylvia, Frances, Beatrice, Agnes, Dorothy",
  ),
  last: same(
    "Fletcher, Hudson, Marlowe, Whitaker, Osborne, Pemberton, Lockwood, Ashby, Crawford, Delaney, Everett, Fairfax, Gibson, Hargrove, Ingram, Jennings",
  ),
  devices: same("pump, boiler, filter, sensor, meter"),
  places: same(
    "cellar, attic, garage, garden, sauna, kitchen, workshop, warehouse, greenhouse, larder",
  ),
  strangers: words("Ebenezer Quill, Philomena Zhang, Thaddeus Okoro, Wilhelmina Snow"),
  attributes: words(
    "favourite colour, favourite dish, home town, profession, shoe size, phone number, birthday, car brand, name of the cat, cottage address, blood type, allergy, favourite writer, star sign, height, weight, door code, workplace, replacement date, pressure, power, manufacturer, warranty, temperature",
  ),
  unheard: words("favourite bird, maiden surname, swimming record, army nickname"),
  values: words(
    "green, beetroot soup, Boston, engineer, thirty-nine, the seventeenth of May, Whiskers, Garden Lane, second, to nuts, Dickens, Aries, tall, the mill, in spring, one and a half bar, two kilowatts, Sheffield, five years, warm",
  ),
  ask: (attribute, asked) => `What is the ${attribute} of ${asked}?`,
};

/** Attributes that each subject has; the others were never told of it. */
const attributesOfEach = 20;

/** Half of the facts in each language. */
export function factSet(random: Random, wanted: { facts: number; unanswerable: number }): FactSet {
  const halves = [russian, english].map((world) =>
    ofWorld(world, random, { facts: wanted.facts / 2, unanswerable: wanted.unanswerable / 2 }),
  );
  return {
    facts: halves.flatMap(({ facts }) => facts),
    unanswerable: halves.flatMap(({ unanswerable }) => unanswerable),
  };
}

function ofWorld(
  world: World,
  random: Random,
  wanted: { facts: number; unanswerable: number },
): FactSet {
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[Math.floor(random() * list.length)];
    if (chosen === undefined) throw new Error("the list is empty");
    return chosen;
  };
  const people = cross(world.first, world.last);
  const all = shuffled([...people, ...cross(world.devices, world.places)], random);
  const known = all.slice(0, Math.ceil(wanted.facts / attributesOfEach));
  const unknown = all.slice(known.length);
  const facts: GeneratedFact[] = [];
  const untold: Unanswerable[] = [];
  for (const [subject, asked] of known) {
    const attributes = shuffled(world.attributes, random);
    for (const attribute of attributes.slice(0, attributesOfEach))
      facts.push({
        id: `fct_${world === russian ? "ru" : "en"}_${facts.length}`,
        subject,
        attribute,
        value: `${pick(world.values)} ${Math.floor(random() * 1_000)}`,
        question: world.ask(attribute, asked),
      });
    for (const attribute of attributes.slice(attributesOfEach))
      untold.push({ kind: "another attribute", question: world.ask(attribute, asked) });
  }
  const quarter = Math.ceil(wanted.unanswerable / 4);
  const many = <T>(make: () => T): T[] => Array.from({ length: quarter }, make);
  return {
    facts: facts.slice(0, wanted.facts),
    unanswerable: [
      ...shuffled(untold, random).slice(0, quarter),
      ...many((): Unanswerable => ({
        kind: "a namesake",
        question: world.ask(pick(world.attributes), pick(unknown)[1]),
      })),
      ...many((): Unanswerable => ({
        kind: "a stranger",
        question: world.ask(pick(world.attributes), pick(world.strangers)),
      })),
      ...many((): Unanswerable => ({
        kind: "nothing known",
        question: world.ask(pick(world.unheard), pick([pick(known)[1], pick(world.strangers)])),
      })),
    ],
  };
}

function cross(left: readonly Name[], right: readonly Name[]): Name[] {
  return left.flatMap(([a, askedA]) =>
    right.map(([b, askedB]): Name => [`${a} ${b}`, `${askedA} ${askedB}`]),
  );
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .toSorted((left, right) => left.at - right.at)
    .map(({ item }) => item);
}

/** A fact as the index takes it. */
export function asInput(
  { id, subject, attribute, value }: Omit<GeneratedFact, "question">,
  seq: number,
  time: { readonly beginsMs: number; readonly endsMs: number | null } = {
    beginsMs: 0,
    endsMs: null,
  },
): DocumentInput {
  return {
    documentId: id,
    owner: "owner",
    title: subject,
    source: `/api/v1/memory/facts/${id}`,
    mediaType: "text/plain",
    tier: "owner",
    ingestedBy: "owner",
    cause: seq,
    expiresMs: time.endsMs,
    seq,
    text: `${subject} — ${attribute}: ${value}`,
    fact: { attribute, value, beginsMs: time.beginsMs },
  };
}

export interface Recall {
  /** Of each question, one over the place of its fact among the first ten; 0 where it is not there. */
  readonly reciprocalRanks: readonly number[];
  readonly firstTen: number;
  /** The share of questions that were said to be answered. */
  readonly found: number;
}

type Ask = (question: string) => {
  readonly hits: readonly { readonly documentId: string }[];
  readonly found: boolean;
};

/** Asks for facts that were told. */
export function recallOf(facts: readonly GeneratedFact[], ask: Ask): Recall {
  const reciprocalRanks: number[] = [];
  let found = 0;
  for (const { id, question } of facts) {
    const answer = ask(question);
    const place = answer.hits.slice(0, 10).findIndex(({ documentId }) => documentId === id);
    reciprocalRanks.push(place === -1 ? 0 : 1 / (place + 1));
    if (answer.found) found += 1;
  }
  const firstTen = reciprocalRanks.filter((rank) => rank > 0).length / facts.length;
  return { reciprocalRanks, firstTen, found: found / facts.length };
}

/** The share of questions about what was never told that are said not to be answered. */
export function abstention(questions: readonly Unanswerable[], ask: Ask): number {
  return questions.filter(({ question }) => !ask(question).found).length / questions.length;
}

/** Facts that take the place of others, as the index is told of them: the former with its end, and the new one. */
export function updated(
  facts: readonly GeneratedFact[],
  { atMs, firstSeq }: { readonly atMs: number; readonly firstSeq: number },
): { readonly facts: readonly GeneratedFact[]; readonly inputs: readonly DocumentInput[] } {
  const changed = facts.map((fact) => ({ ...fact, id: `${fact.id}_2`, value: `${fact.value} +` }));
  const inputs = facts.flatMap((fact, index) => {
    const seq = firstSeq + index;
    const now = changed[index];
    const next = now === undefined ? [] : [asInput(now, seq, { beginsMs: atMs, endsMs: null })];
    return [asInput(fact, seq, { beginsMs: 0, endsMs: atMs }), ...next];
  });
  return { facts: changed, inputs };
}
