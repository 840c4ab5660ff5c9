/**
 * Overt phrasing: setting instructions aside, personas without limits, asking for the system prompt
 * or for secrets, forged role markers, commands that abuse a machine. Each rule is a short pattern
 * over word classes (`lexicon.ts`) with bounded gaps, so that one table serves many wordings and
 * languages. Weights are in logits and were set by judgement, not fitted to data, so that they hold
 * for families the model never saw.
 */
import { foldedText } from "./fold.ts";
import { phrasesWithoutSpaces } from "./lexicon.ts";
import type { View } from "./normalise.ts";
import { suffixSigns } from "./suffix.ts";
import { triggers, triggersIn } from "./triggers.ts";

/** What kind of attack a text looks like. */
export type GuardCategory = "jailbreak" | "injection" | "extraction" | "code-abuse";

/** One rule that fired. */
export interface Signal {
  readonly id: string;
  readonly category: GuardCategory;
  /** Evidence in logits. */
  readonly weight: number;
}

/** A rule over the class string; `repeats` is how many hits count (1 unless said). */
interface ClassRule extends Signal {
  readonly pattern: RegExp;
  readonly repeats?: number;
}

/** A rule over the text as it was written. */
interface RawRule extends ClassRule {
  /** Triggers without which it cannot match: one of each set. */
  readonly needs: readonly number[];
}

const rule = (
  id: string,
  category: GuardCategory,
  weight: number,
  pattern: RegExp,
  repeats = 1,
): ClassRule => ({ id, category, weight, pattern, repeats });

/** `[^|]{0,n}`: up to n other words in the same sentence. */
export const classRules: readonly ClassRule[] = [
  rule("override-instructions", "injection", 5.5, /I[^|]{0,3}[PY][^|]{0,4}[TLZS]/g),
  rule("override-named-instructions", "injection", 5, /I[^|]{0,3}T[^|]?P/g),
  rule("override-all-instructions", "injection", 5, /IA[^|]{0,3}T/g),
  rule("override-instructions-after", "injection", 5.5, /P[^|]{0,2}T[^|]{0,2}I|TP[^|]{0,2}I/g),
  rule("override-what-was-said", "injection", 4, /IA[^|]{0,3}[PZ]/g),
  rule("override-limits", "jailbreak", 3, /I[^|]{0,3}[AY][^|]{0,3}L/g),
  rule("do-anything-now", "jailbreak", 5, /BAW/g),
  rule("persona-by-name", "jailbreak", 3.5, /[V2][^|]{0,4}[J7]/g, 2),
  rule("jailbreak-word", "jailbreak", 1.2, /J/g, 3),
  rule("unlimited-persona", "jailbreak", 2, /[V2M][^|]{0,5}6/g, 2),
  rule("unlimited-word", "jailbreak", 0.8, /6/g, 2),
  rule("no-limits", "jailbreak", 1.7, /N[^|]{0,3}L/g, 3),
  rule("never-refuses", "jailbreak", 1.3, /N[^|]{0,4}F/g, 3),
  rule("stay-in-character", "jailbreak", 2, /X[^|]{0,2}C|N[^|]?C/g, 2),
  rule("take-on-persona", "jailbreak", 1.2, /M[^|]{0,5}V|V[^|]{0,3}[C2]/g, 2),
  rule("model-persona", "jailbreak", 1.2, /V[^|]{0,6}[O0]|O[^|]{0,4}V/g, 2),
  rule("from-now-on", "jailbreak", 1.6, /1W|M[^|]?W/g, 2),
  rule("mode-enabled", "jailbreak", 2.5, /[SJ]C[^|]{0,2}G|G[^|]{0,2}[SJ]C|CG/g, 2),
  rule("developer-mode", "jailbreak", 1.5, /SC/g, 2),
  rule("as-an-ai", "jailbreak", 0.8, /2\.0/g, 2),
  rule("named-models", "jailbreak", 0.6, /O/g, 4),
  rule("harm-words", "jailbreak", 0.6, /H/g, 5),
  rule("answer-anything", "jailbreak", 1, /D[^|]{0,4}A|A[^|]{0,4}D/g, 2),
  rule("answer-as", "jailbreak", 0.8, /D[^|]{0,3}2/g, 2),
  rule("answer-despite-harm", "jailbreak", 1.2, /D[^|]{0,6}[NH][^|]{0,4}[LHF]|H[^|]{0,6}D/g, 2),
  rule("confirm-understood", "jailbreak", 0.4, /4/g, 2),
  rule("hypothetical", "jailbreak", 0.3, /3/g, 2),
  rule("system-prompt", "extraction", 4.5, /R[^|]{0,5}[SYPQ1][^|]{0,2}T[^|]{0,2}P?/g),
  rule("repeat-above", "extraction", 3.5, /R[^|]{0,3}[ZA][^|]{0,2}P/g),
  rule("whole-system-prompt", "extraction", 2, /(?:Y|P)[^|]?ST/g),
  rule("ask-secret", "extraction", 3, /R[^|]{0,3}Y[^|]{0,2}K/g),
  rule("your-secret", "extraction", 1.6, /Y[^|]?K/g),
  rule("user-data", "extraction", 1, /R[^|]{0,4}U/g),
  rule("decode-and-act", "injection", 4.8, /E[^|]{0,5}[5B][^|]{0,2}[.RDU]/g),
];

const { sign, rare, beginning, refusal, mode, user, model, data } = triggers;

const rawRule = (needs: readonly number[], ...parts: Parameters<typeof rule>): RawRule => ({
  ...rule(...parts),
  needs,
});

/** Forged role and tool markers, placeholders of shared jailbreaks, and commands no task needs. */
export const rawRules: readonly RawRule[] = [
  rawRule(
    [rare],
    "forged-role-marker",
    "injection",
    4,
    /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|system_prompt|assistant)>|#{2,4} ?(?:system|instruction|assistant) ?:/gi,
  ),
  rawRule(
    [beginning | rare],
    "forged-prompt-end",
    "injection",
    4,
    /(?:end|start|begin) of (?:the )?(?:system |user )?(?:prompt|instructions|input|context)|\[(?:system|admin|developer)[^\]\n]{0,40}\]/gi,
  ),
  rawRule(
    [sign, mode],
    "prompt-placeholder",
    "jailbreak",
    4.5,
    /[[({<]\s{0,2}(?:insert|your)?[ _]{0,2}(?:prompt|question|query)[ _]{0,2}(?:here)?\s{0,2}[\])}>]/gi,
  ),
  rawRule(
    [beginning],
    "forced-beginning",
    "jailbreak",
    2.5,
    /(?:start|begin)(?:ning|ing|s)? (?:your |the |each |every |with |all )?(?:responses?|answers?|reply|replies|output|message|sentence)?[^\n.]{0,40}(?:\bsure\b|absolutely|of course|certainly|happy to|here(?:'s| is| are)\b|step 1)/gi,
  ),
  rawRule(
    [refusal],
    "forbidden-refusal",
    "jailbreak",
    2.5,
    /(?:never|not|don't|avoid|without) (?:ever )?(?:us(?:e|ing)|say(?:ing)?|includ(?:e|ing)|writ(?:e|ing)|mention(?:ing)?|print(?:ing)?)[^\n]{0,60}(?:sorry|apolog|unfortunately|cannot|can't|unable|as an ai\b|illegal|unethical|disclaimer)/gi,
    2,
  ),
  rawRule(
    [sign, mode],
    "fake-mode",
    "injection",
    3,
    /[<[({#*]{1,3} ?(?:system|god|admin|debug|developer|sudo|root|maintenance|operator|superuser)[ _-]?(?:mode|access|override|reset|prompt|console)[^\n]{0,30}[>\])}#*:]/gi,
  ),
  rawRule(
    [rare],
    "split-payload",
    "injection",
    2.5,
    /(?:\b\w{1,12} ?= ?["'][^"'\n]{1,40}["'][\s,;.]{1,4}(?:and )?){2,6}[^\n]{0,60}(?:\+|concat|combin|join)[^\n]{0,60}(?:answer|follow|obey|respond|do what)/gi,
  ),
  rawRule(
    [rare],
    "two-voices",
    "jailbreak",
    2.5,
    /[[(](?:gpt|chatgpt|classic|dan|normal|jailbreak)[\])]\s{0,2}:?/gi,
    2,
  ),
  rawRule(
    [rare],
    "machine-abuse",
    "code-abuse",
    3.2,
    /rm -rf (?:--no-preserve-root )?[/~]|:\(\)\s{0,2}\{\s{0,2}:\|:&|\/etc\/shadow|\/dev\/tcp\/\d|\bnc (?:-[a-z]+ )*-e\b|169\.254\.169\.254|(?:curl|wget) [^\n|]{1,200}\| ?(?:sudo )?(?:ba|z)?sh\b|powershell[^\n]{0,60}-enc|os\.environ[^\n]{0,80}(?:requests\.post|urlopen)/gi,
    2,
  ),
  rawRule(
    [rare],
    "run-code",
    "code-abuse",
    1.6,
    /(?:execute|run|eval)[^\n.]{0,40}(?:os\.system|subprocess|shell command|child_process|\/etc\/passwd|reverse shell|fork bomb|privilege|sandbox|host file)/gi,
  ),
  rawRule(
    [data],
    "exfiltrate",
    "injection",
    3.5,
    /(?:send|post|forward|upload|append|exfiltrate)[^\n]{0,80}(?:conversation|chat history|api keys?|secrets?|credentials|passwords?|tokens?|cookies)[^\n]{0,80}(?:https?:|@|\bto\b)/gi,
  ),
  rawRule(
    [user],
    "hidden-from-user",
    "injection",
    3.5,
    /(?:do not|don't|never|without) (?:tell|telling|mention|mentioning|inform|informing|alert|alerting|reveal this to)[^\n.]{0,30}(?:the )?user/gi,
  ),
  rawRule(
    [model],
    "note-to-model",
    "injection",
    3,
    /(?:note|message|instructions?|attention|important)[^\n.]{0,20}(?:to|for) (?:the |any |all )?(?:ai|llm|assistant|language model|chatbot|agent|model)\b|if you are an? (?:ai|llm|language model|assistant)/gi,
  ),
];

/** A bit for each class; the rarest share theirs, which only lets more through. */
const classBits = new Int32Array(128);
const bitOrder = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012567";
for (let at = 0; at < 32; at++) classBits[bitOrder.charCodeAt(at)] = 1 << at;
classBits[0x33] = classBits[0x58]!;
classBits[0x34] = classBits[0x51]!;

/**
 * The classes that a text must have for a pattern to match: of each set in one of the lists, one. Gaps
 * and what may be left out need nothing, and `.` is any word.
 */
function needsOf({ source }: RegExp): number[][] {
  const wanted = source
    .replace(/\[\^\|\](?:\{\d,\d\}|\?)/g, "")
    .replace(/(?:\[[^\]]+\]|\w)\?/g, "");
  return wanted
    .split("|")
    .map((one) =>
      (one.match(/\[[^\]]+\]|\w/g) ?? []).map((set) =>
        set.includes(".")
          ? -1
          : Array.from(set).reduce((bits, letter) => bits | classBits[letter.charCodeAt(0)]!, 0),
      ),
    );
}

let classNeeds: number[][][] | undefined;

/** Signals of the classes in `classes[from..to)`. */
export function classSignals(classes: Uint8Array, from: number, to: number, out: Signal[]): void {
  classNeeds ??= classRules.map(({ pattern }) => needsOf(pattern));
  let present = 0;
  for (let at = from; at < to; at++) present |= classBits[classes[at]!]!;
  let subject = "";
  for (let at = 0; at < classRules.length; at++) {
    if (!classNeeds[at]!.some((sets) => sets.every((set) => (present & set) !== 0))) continue;
    if (subject === "") {
      subject = Reflect.apply(String.fromCharCode, null, classes.subarray(from, to)) as string;
    }
    count(classRules[at]!, subject, out);
  }
}

/** Signals of the text as it was written. */
export function rawSignals(text: string, units: Uint16Array, out: Signal[]): void {
  const found = triggersIn(units, text.length);
  for (const each of rawRules) {
    if (each.needs.every((set) => (found & set) !== 0)) count(each, text, out);
  }
  const signs = (found & sign) === 0 ? 0 : suffixSigns(text, units);
  if (signs > 0) {
    out.push({ id: "adversarial-suffix", category: "jailbreak", weight: signs === 2 ? 4.8 : 2.5 });
  }
}

function count(each: ClassRule, subject: string, out: Signal[]): void {
  const repeats = each.repeats ?? 1;
  each.pattern.lastIndex = 0;
  for (let hit = 0; hit < repeats; hit++) {
    if (!each.pattern.test(subject)) break;
    out.push(each);
  }
  each.pattern.lastIndex = 0;
}

/** Override phrasing in scripts written without spaces. */
export function phraseSignals(view: View, out: Signal[]): void {
  if (!view.folded.foreign) return;
  const text = foldedText(view.folded);
  for (const [verb, objects] of phrasesWithoutSpaces) {
    const at = text.indexOf(verb);
    if (at < 0) continue;
    const near = text.slice(Math.max(0, at - 40), at + 40);
    if (objects.split("|").some((object) => near.includes(object))) {
      out.push({ id: "override-phrase", category: "injection", weight: 5.5 });
      return;
    }
  }
}

/** Fewer undone signs than this may be an accident; more than `heavy` is a whole sentence in disguise. */
const slight = 3;
const heavy = 8;

/** How much a disguise weighs by itself: hiding plain language is rarely innocent. */
export function disguiseSignals(view: View, out: Signal[]): void {
  const { hidden, lookalike, styled } = view.folded;
  disguise("hidden-characters", hidden, out);
  disguise("look-alike-letters", lookalike, out);
  disguise("styled-letters", Math.floor(styled / 3), out);
  if (view.depth > 0) out.push({ id: `decoded-${view.kind}`, category: "injection", weight: 0.5 });
  else if (view.undone > 0) {
    // The list of common words covers about half of a text: a third of them disguised means all of it.
    const mostWords = view.undone * 3 >= view.tokens.count;
    disguise(`disguise-${view.kind}`, mostWords ? Math.max(view.undone, heavy) : view.undone, out);
  }
}

function disguise(id: string, signs: number, out: Signal[]): void {
  if (signs < slight) return;
  out.push({ id, category: "injection", weight: signs < heavy ? 3.5 : 5.2 });
}
