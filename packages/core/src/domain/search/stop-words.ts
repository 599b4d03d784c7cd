import { normalise } from "./normalise.ts";
import { stem } from "./stem.ts";

// Words that carry no topic: grammar, question words, politeness, filler and time. They are not looked up in a question
// (they are indexed, so a quoted phrase still matches elsewhere); a question made of nothing else finds nothing.
const english = `
a about actually after again all already also always am an and another any anyone anything are as at available away back be became because
become been before being best better both but by came can cannot come completely could did didnt do does doesnt doing done dont down
each either else even ever every everything exactly explain few find fine first for from further gave get gets getting give go
goes going gonna good got great had has have having he hello help her here hers hey hi him his how however i id if im in
into is isnt it its itself just keep kindly know let lets like little look lot made make makes making many may maybe me might
mine more most much must my myself need needs never new next no nor not nothing now of off often ok okay on once one ones only or
other others our ours out over own please possible put quite rather really right same say see seem several shall she should show
simple simply since so some somebody someone something still stuff such sure take tell than thank thanks that the their them
then there these they thing things this those through to too try trying under until up us use used using very via wanna want
wants was way we well went were what whatever when where whether which while who whole whom whose why will wish with within
without list lists day days today tomorrow yesterday week weeks month months year years wont work works would yes yet you your yours`;

const russian = `
а без бы был была были было быть в вам вами вас ваш ваша ваше ваши ведь весь во возможно вообще вот все всегда всего всем всеми всех всю вся вы где
да давай даже делать доступен доступна доступно доступны доступные для до должен должна должно другая другие другим других другого другой его ее ей ему если есть еще ж же
за зачем здесь здравствуйте и из или им ими имеет иногда их к каждый кажется как какая какие каким каких какого какое какой какую когда кого ком кому
конечно который которая которое которые кто куда ли либо лишь лучше любой люди между меня мне много мной мог могу могут может можем можно мои мой моя мое
моего моему моей мою моих мы на над надо нам нами нас наш наша наше наши не него нее ней нельзя нему нет ни нибудь никак никогда ними них ничего но
ну нужен нужна нужно нужны о об один одна одно однако он она они оно от откуда очень перед по под подскажи подскажите пожалуйста помоги помогите
после потом потому почему почти при привет про просто пусть раз разве расскажи с сам сама сами само самое самый свой своя свое свои своего
своей свою себе себя сейчас сколько скажи скажите слишком снова со совсем спасибо сразу т та так такая такие также такое такой там те тебе тебя тем
теперь то тобой тогда того тоже той только том тому тот ту тут ты у уж уже хочется хотел хотелось хочу хотим хотя чего чей чем через что чтобы список перечень день дня дней сегодня завтра вчера неделя неделю месяц месяца год года лет
чтоб чтото чуть известно эта эти этим этих это этого этой этом этому этот эту я`;

const words = new Set(normalise(`${english} ${russian}`).split(/\s+/u).filter(Boolean));

// English fillers in their other forms ("keeps", "telling"); short stems would catch real words.
const englishStems = new Set(
  [...words].filter((word) => /^[a-z]{4,}$/u.test(word)).map((word) => stem(word)),
);

export function isStopWord(word: string): boolean {
  return words.has(word) || englishStems.has(stem(word));
}
