/** Sentences and records that a value stands in: `@` is the value, `#` what it is called. */
import type { Dice } from "./dice.ts";
import { LABELS } from "./labels.ts";

const PROSE: Readonly<Record<string, readonly string[]>> = {
  en: [
    "My # is @.",
    "# @",
    "#: @",
    "#:@",
    "Please update the # to @ before Monday.",
    "Is this # still valid: @?",
    "The customer gave @ after we asked twice for the #: @.",
    "For verification, my # (@) is attached.",
    '"#" = "@"',
    "hi, i lost my papers. # is @, can you help",
    "He wrote: «my # is @».",
    "Note the # – @ – in the file.",
    "- #: @",
    "* **#:** @",
    "> #: `@`",
    "1. # @",
    "#\n@",
    "#\t@",
    "# → @",
    "# (see form): @",
    "# [@]",
    "#: '@'",
    "Could you confirm that @ is the # on file? The # is @.",
    "[10:42] agent: what is your #?\n[10:43] client: @",
    "Q: #?\nA: @",
    "# ends here: @!",
    "We have # @; nothing else is missing.",
    "#: @, name: Ann Lee",
    "Her # was @ in 2019.",
    "the # you need is @",
    "# - @",
    "# = @;",
    "#, @, was rejected",
    "Use # @ for the form",
    "#: @ / copy sent",
  ],
  de: [
    "Meine # lautet @.",
    "# @",
    "#: @",
    "Bitte ändern Sie die # auf @.",
    "Hier ist meine #: @, danke!",
    "Die # des Kunden ist @",
  ],
  fr: [
    "Mon # est le @.",
    "# @",
    "# : @",
    "Voici mon # : @, merci.",
    "Le # du client est @",
    "Veuillez noter le # suivant : @",
  ],
  es: [
    "Mi # es @.",
    "# @",
    "#: @",
    "Por favor, cambie mi # a @",
    "El # del cliente es @, gracias",
    "Le paso mi #: @",
  ],
  it: ["Il mio # è @.", "# @", "#: @", "Ecco il mio #: @, grazie", "Il # del cliente è @"],
  pt: ["Meu # é @.", "# @", "#: @", "Segue o meu #: @, obrigado", "O # do cliente é @"],
  pl: ["Mój # to @.", "# @", "#: @", "Podaję #: @, dziękuję", "# klienta to @"],
};

const RECORDS: readonly string[] = [
  '{"id": 7, "#": "@", "active": true}',
  '{"#":"@"}',
  "{'#': '@'}",
  "<#>@</#>",
  '<input name="#" value="@">',
  "#: @\nstatus: open",
  '#: "@"',
  "#=@",
  'export #="@"',
  "--# @",
  "--#=@",
  "?#=@&lang=en",
  "id,name,#\n17,Ann Lee,@",
  "name;#;city\nAnn Lee;@;Rome",
  "| name | # |\n|---|---|\n| Ann | @ |",
  "#\tname\n@\tAnn",
  "INSERT INTO people (name, #) VALUES ('Ann', '@');",
  "UPDATE people SET # = '@' WHERE id = 4;",
  'user.# = "@"',
  "[customer]\n# = @",
  "INFO request done #=@ status=200",
  '"#" : ["@"]',
  '{\\"#\\": \\"@\\"}',
  "<td>#</td><td>@</td>",
  "const # = '@';",
  ':# => "@"',
  "# | @",
];

const BARE: readonly string[] = [
  "Please check @ for me.",
  "@",
  "Found @ in the export",
  "(@)",
  "I think it was @, but not sure",
  'copy: "@"',
  "row 3,Ann,@,ok",
  "| Ann | @ | ok |",
  "<b>@</b>",
  "What does @ belong to?",
  "@\n",
  "see @;",
  '["@"]',
];

function spelled(field: string, dice: Dice): string {
  const words = field.split("_");
  const titled = words.map((word) => (word[0] ?? "").toUpperCase() + word.slice(1));
  const camel = (words[0] ?? "") + titled.slice(1).join("");
  return dice.pick([field, field, field.toUpperCase(), camel, titled.join(""), words.join("-")]);
}

/** One text with a value of a type in it, `@` where the value goes. */
export function frameOf(type: string, dice: Dice): string {
  const labels = LABELS[type];
  if (labels === undefined) throw new Error(`no labels for ${type}`);
  const kind = dice.below(10);
  if (labels.bare === true && kind < 2) return dice.pick(BARE);
  if (kind < 5) return dice.pick(RECORDS).replaceAll("#", spelled(dice.pick(labels.fields), dice));
  const languages = Object.keys(labels.words) as (keyof typeof labels.words)[];
  const language = dice.pick(
    ["en" as const, ...languages].filter((one) => languages.includes(one)),
  );
  const label = dice.pick(labels.words[language] ?? [""]);
  const cased = dice.below(5) === 0 ? label.toLowerCase() : label;
  return dice.pick(PROSE[language] ?? []).replaceAll("#", cased);
}
