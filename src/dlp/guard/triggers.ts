/**
 * Words and signs without which rules over the text as it was written cannot match, sought in one walk
 * over the text: nearly every text is spared nearly every pattern.
 */
import { lateAutomaton } from "../kit/automaton.ts";

/** Groups of triggers, as bits of what `triggersIn` finds. */
export const triggers = {
  sign: 1,
  rare: 2,
  beginning: 4,
  refusal: 8,
  mode: 16,
  user: 32,
  model: 64,
  data: 128,
} as const;

const words = (list: string): string[] => list.split(",");

/** In the order of their bits. A trigger is part of whatever its rules match, letter case aside. */
const automaton = lateAutomaton(
  Array.from("[](){}<#*"),
  words(
    `<|,inst],sys>>,system>,_prompt>,assistant>,#system,# system,#instruction,# instruction,#assistant,# assistant,[system,[admin,[developer,gpt],gpt),classic],classic),dan],dan),normal],normal),jailbreak],jailbreak),=",= ",=',= ',rm -rf,:(),/etc/,/dev/tcp,nc -,169.254.,curl ,wget ,powershell,os.environ,os.system,subprocess,shell command,child_process,reverse shell,fork bomb,privilege,sandbox,host file`,
  ),
  words("start,begin,end of "),
  words("sorry,apolog,unfort,cannot,can't,unable,as an ai,illegal,unethic,disclaim"),
  words(
    "prompt,question,query,system,god,admin,debug,developer,sudo,root,maintenance,operator,superuser",
  ),
  ["user"],
  words(" ai, llm, assist, language, chatbot, agent, model"),
  words("conversation,chat history,api key,secret,credential,password,token,cookies"),
);

/** The groups of which a trigger stands in so many units. */
export const triggersIn = (units: Uint16Array, length: number): number =>
  automaton().among(units, length);
