/**
 * The words the guard understands, by class. A text becomes a string of class letters (one per word,
 * `.` for any other word, `|` at the end of a sentence); overt phrasing is then a short regular
 * expression over classes, which reads the same in any wording and in many languages.
 * Words are written as `fold` leaves them: lower case, no accents.
 */

/** Class letter -> its words. A word belongs to one class; later classes win. */
export const wordClasses: Readonly<Record<string, string>> = {
  // Setting instructions aside.
  I: `ignore ignores ignored ignoring disregard disregards disregarding forget forgets override
    overrides overriding overrule bypass bypasses bypassing bypassed circumvent disobey discard
    ignorez ignorer ignora ignorar ignoren ignorad ignorieren ignoriere ignoriert vergiss vergesst
    vergessen olvida olvide olviden olvidar olvidate esqueca esquece esquecer oublie oubliez oublier
    dimentica dimenticate ignorate negeer vergeet zignoruj ignoruj zapomnij ignorujte zapomen
    ignorera glom unohda ignorer yoksay gormezden unut unutun abaikan lupakan balewalain kalimutan
    puuza sahau игнорируй игнорируите игнорировать проигнорируи проигнорируите забудь забудьте
    ігноруи ігноруите забудьте تجاهل انس انسى تجاهلي התעלם שכח अनदेखा उपेक्षा नजरअंदाज भूल উপেক্ষা
    نظرانداز نادیده αγνοησε ξεχασε agnohse`,
  // What a model was told. `limitation` and `limited` are left out of the limits: licences say them.
  T: `instruction instructions prompt prompts directive directives command commands order orders
    instrucciones instruccion instrucoes instrucao anweisungen anweisung instruktionen istruzioni
    instructies instrukcje instrukcji polecenia pokyny instruktioner ohjeet talimatlari talimatlar
    talimatlarini instruksi perintah tagubilin maagizo инструкции инструкцию указания команды
    інструкції вказівки التعليمات تعليمات الأوامر ההוראות हिदायतों निर्देशों निर्देश निर्देशो নির্দেশাবলী
    নির্দেশ ہدایات دستورات οδηγιες consignes programming`,
  // Limits on what a model may do.
  L: `rule rules guideline guidelines restrictions limitations filter filters
    filtering policy policies ethic ethics moral morals morality constraint constraints boundary
    boundaries censorship safeguard safeguards safety protocols confines limits regulations
    guardrails moderation warnings warning disclaimer disclaimers disclaimers reglas regras regeln
    regles regole правила ограничения ограничении restricciones restricoes beschrankungen
    einschrankungen restrizioni limitaciones`,
  P: `previous previously prior above earlier preceding foregoing former initial original existing
    anteriores anterior precedentes precedente vorherigen vorherige bisherigen obigen precedenti
    vorige eerdere poprzednie poprzednich predchozi tidigare aiemmat onceki sebelumnya nakaraang
    zilizopita предыдущие предыдущую прежние попередні السابقة הקודמות पिछले पूर्व পূর্ববর্তী پچھلی قبلی
    προηγουμενες`,
  A: `all any every everything anything whatever entire todas todos todo toda tout toutes tous alle
    allen tutte tutti wszystkie semua все всі كل כל सभी सब`,
  Y: `your ur tus tu sus seu seus suas deine deinen ihre vos votre tue tuoi jouw je twoje твои`,
  M: `you u yourself ya`,
  S: `system systems developer sistema systeme systemu`,
  // Asking to be shown something.
  R: `reveal reveals show print repeat output display leak disclose expose dump recite tell share
    give what whats list spell translate summarize summarise verbatim revela muestra dime montre
    zeige verrate mostra rivela покажи раскрои скажи`,
  // Taking on a persona.
  V: `act acts acting pretend pretends pretending roleplay roleplaying simulate simulates simulating
    imitate impersonate impersonating become play playing behave emulate emulating embody immerse
    immersed actua finge fingir simula spiele agis`,
  C: `character persona personas role personality personalities ego mode alter`,
  N: `no not without never free freed lack lacks lacking nor neither none dont doesnt don't doesn't
    cannot can't cant isn't isnt aren't arent won't wont didn't devoid regardless unbound removed
    broken break breaks escaped disabled disable disables deactivate zero`,
  // Names of shared personas; short ones count as such only in capitals (see tokens.ts).
  J: `jailbreak jailbreaks jailbroken dan dans stan dude antigpt evilbot godmode basedgpt badgpt`,
  "6": `uncensored unfiltered unrestricted unlimited unhinged amoral unchained unshackled
    unconstrained limitless`,
  H: `illegal unethical immoral harmful dangerous offensive explicit nsfw racist hateful violent
    controversial inappropriate unsafe taboo illicit derogatory vulgar profanity swear
    curse obscene sexual`,
  O: `chatgpt chatgpt's openai openai's gpt gpt3 gpt4 claude anthropic gemini bard llama copilot
    mistral deepseek grok`,
  "0": `ai llm assistant bot chatbot model`,
  F: `refuse refuses refusing refusal decline declines deny denies apologize apologise apologizing
    sorry reject unable filtered bound abide comply complies obey obeys adhere restricted
    constrained governed bounded restrained`,
  X: `stay stays staying remain remains`,
  D: `answer answers answering respond responds responding reply replies response responses say says
    output generate generates`,
  W: `now henceforth onwards onward`,
  K: `password passwords passphrase passcode credentials credential contrasena senha passwort
    kennwort parola wachtwoord haslo пароль парол sifre sifresi kata mot`,
  Q: `prompt's confidential hidden secret secrets internal`,
  U: `user user's users`,
  E: `decode decipher decrypt unscramble unreverse base64 rot13 hex hexadecimal morse ciphertext`,
  "5": `follow execute obey`,
  B: `do does perform fulfill fulfil fulfills can able allowed`,
  Z: `conversation conversations context message messages text words instructions' told
    dialogue history`,
  G: `enabled activated activate activates unlocked unlock enable enter entering developer's switch
    engaged`,
  "1": `first from`,
  "2": `as like`,
  "3": `hypothetical hypothetically fictional fiction imaginary`,
  "4": `confirm understood understand agree`,
};

/**
 * English words so common that four of them in a row mean prose. They show that a decoded, reversed
 * or un-leeted run says something.
 */
export const commonWords = `the and you your for that with this have not are was were from they will
  what when where which who how why can could would should about into there their them then than some
  more like just make made know take give good well want need help please tell show write read open
  answer question password system user instructions instruction ignore previous all any every say
  told share name email account access safety filter filters rules guidelines prompt reveal obey must
  may now here out does did has had his her she him our its one two first other only over also after
  before because between through while being been very most much many such same own too use used using
  get got let let's it's don't think create list code file data message response respond
  provide explain describe imagine pretend mode developer act people world time year day work way
  thing things long great little right still even back come came going said each those these under
  never without against`;

/** Override phrasing in scripts written without spaces; looked for as substrings of folded text. */
export const phrasesWithoutSpaces: readonly (readonly [string, string])[] = [
  ["忽略", "之前|以上|上面|前面|所有|先前|指令|指示|提示"],
  ["无视", "之前|以上|上面|前面|所有|指令|指示|规则"],
  ["無視", "以前|上記|前の|これまで|指示|命令|ルール|之前|指令"],
  ["忘记", "之前|以上|指令|指示|规则|一切"],
  ["忘れて", "以前|これまで|指示|命令"],
  ["무시", "이전|지시|명령|규칙|위의"],
  ["잊어", "이전|지시|명령"],
  ["系统提示", "显示|输出|告诉|重复|泄露|什么"],
  ["システムプロンプト", "表示|教え|出力|見せ"],
  ["ละเว้น", "คำสั่ง|คําสั่ง|ก่อนหน้า"],
  ["เพิกเฉย", "คำสั่ง|คําสั่ง|ก่อนหน้า"],
  ["ไม่สนใจ", "คำสั่ง|คําสั่ง|ก่อนหน้า"],
  ["bo qua", "huong dan|chi dan|lenh|truoc"],
];
