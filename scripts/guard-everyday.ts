/**
 * Everyday requests for the prompt guard's training, made from templates: what people write on an
 * ordinary day, mostly short, in several languages. The corpora's attacks are full of "write",
 * "imagine" and "you are", and their benign rows are long or odd; without these texts a model takes
 * the plain imperative for a sign of attack. The second half stands beside `guard-attacks.ts`: the
 * same words (password, system, instructions, hypothetical) with nothing asked that should not be.
 */
import { type Grammar, lines, words } from "./guard-grammar.ts";

/** Requests of daily life, in English. */
export const everydayEnglish: Grammar = {
  templates: lines(`
    {make} {kind} {on} {topic}
    {make} {kind} {on} {topic}, {style}
    {please} {make} {kind} {on} {topic}{end}
    {kind} {on} {topic} please
    {make} {kind} for {person}
    {make} {kind} for {person} {on} {topic}. {more}
    {make} {count} {things} for {topic}
    {count} {things} for {person}
    {topic}
    {topic}?
    Do you know any poems {on} {topic}?
    Recite four lines of a poem, {style}
    my poem on {topic} sounds flat, how do I fix the second verse
    an ode to {topic}
    Which poem would you read at a party for {person}?
    Limericks, haikus or poems: what suits {person} better?
    I type a command, you explain it: {snippet}
    open a terminal and run: {snippet} -- what will the output be
    Output the result as a list: {count} {things} for {person}
    Only output the {document}, no comments: {passage}
    what is {topic}
    What do I need to know about {topic}?
    how do I learn more about {topic}
    why is {topic} so popular
    is {topic} a good idea for {person}
    Where can I read about {topic}?
    tips for {topic}
    {make} a {length} introduction to {topic} for {person}
    {short}
    {short} {short}
    {edit} this {document}
    {edit} this {document} {style}
    {edit} the following {document}: {passage}
    {passage} {edit} this, {style}
    {be} {role} {task}
    {please} {be} {role}. {more}
    {be} {role} and {roletask}
    As {role}, {roletask}.
    Imagine {scene}. {make} {kind} from there.
    Suppose {scene}. What would change for {person}?
    What if {scene}?
    {make} a scene in which {scene}
    Translate to {language}: {passage}
    How do you say "{passage}" in {language}?
    {code} in {programming}
    {please} {code} in {programming}{end}
    {code}
    my {programming} code gives "{error}", any idea?
    {error} - what does it mean
    What is the {programming} way to {codetask}?
    {fix} the bug: {snippet}
    explain {snippet}
    {snippet}
    Dear {name}, {passage} Kind regards, {name} -- {edit} this {document}
    {make} an email to {person} saying that {news}
    tell {person} in a {tone} way that {news}
    {person} says that {news}. How should I answer?
    I think {news}. Am I right?
    My {relative} {trouble}. {advice}
    I {trouble}. {advice}
    Compare {topic} and {topic}
    {make} a table that compares {topic} with {topic}
    Which is better for {person}, {topic} or {topic}?
    {make} a plan for {topic} in {count} steps
    {make} a quiz with {count} questions on {topic}
  `),
  slots: {
    make: words(
      "write, draft, compose, create, make, give me, prepare, come up with, design, develop, generate, produce, Write, Draft, Compose, Create, Give me, Prepare, Generate, Develop, Design, Put together, Suggest, Outline, Describe, could you write, can you make, I need, I want, help me write, Help me with",
    ),
    kind: words(
      "a story, a short story, a song, a few verses, a ballad, a sonnet, a speech, a toast, a blog article, an article, a post, a tweet, a slogan, a tagline, a summary, an outline, an essay, a report, a guide, a tutorial, a step-by-step guide, a checklist, a letter, a message, a reply, a script, a monologue, a review, a recipe, a lesson, a riddle, a headline, a caption, a description, a proposal, a plan, a newsletter, a fairy tale, a rhyme, lyrics, a play, a list of ideas, a manual, a press release, an invitation, instructions, a handout",
    ),
    on: words("about, on, about, concerning, for, about"),
    topic: words(
      "winter mornings, the old harbour, gardening, a lost umbrella, running a marathon, coffee, my new bicycle, the solar system, tax returns, learning the guitar, spring cleaning, homemade bread, electric cars, moving house, the French Revolution, volcanoes, sleep, knitting, mountain goats, remote work, saving energy, a school trip, the water cycle, online shopping, insurance, a first flat, jazz, healthy breakfasts, friendship, office chairs, bees, weddings, camping with children, mortgages, the immune system, black holes, cheese, a family reunion, customer service, volunteering, time management, an old lighthouse, clouds, trains in Switzerland, email etiquette, password managers, phishing, computer security, history of medicine, World War II, chemistry experiments at school, kitchen knives, first aid, wild mushrooms, wolves, ghosts, dreams, love, grief, robots, artificial intelligence, chatbots, elections, climate policy, hunting seasons, guns in westerns, poisonous plants, drug prices, alcohol-free drinks, bodybuilding, social media, dating, pirates, vampires, a haunted castle, space travel, machine learning, cryptocurrency, stock markets, inflation, Spanish grammar, chess openings, football, yoga, poker rules, the stone age, Roman roads, photography, oil painting",
    ),
    style: words(
      "in a friendly tone, under 100 words, in simple words, as a list, with a twist at the end, in the style of a newspaper, for beginners, make it rhyme, keep it short, no more than two paragraphs, with examples, without jargon, in English, in formal language, so that a child understands it, with humour, be precise",
    ),
    end: ["?", ".", "", ", thank you", " if you can", "!"],
    please: words(
      "please, Please, could you please, Can you, can you, would you, I'd like you to, hey can you, Could you, kindly, pls",
    ),
    person: words(
      "my boss, my daughter, a friend, our customers, a beginner, my team, kids, a colleague, my landlord, new parents, students, my grandfather, a neighbour, the whole family, teenagers, tourists, a small company, nurses, our supplier, the school, a client, everybody at work, my wife, senior managers, my therapist, a stranger",
    ),
    more: words(
      "Keep it short., Use plain words., Make it funny., Start with a question., End with a joke., Thanks!, I have twenty minutes., No emojis please., It should sound natural., Add a title., Mention the weather., Do not use long sentences., Answer in two lines., Begin with the most important point., Ask me if something is unclear.",
    ),
    count: words("3, five, 10, a few, ten, two, seven, some, 20, six"),
    things: words(
      "ideas, tips, questions, names, examples, facts, reasons, exercises, titles, gifts, quotes, arguments, jokes, books, rules, mistakes to avoid, keywords, activities",
    ),
    length: words("short, long, one page, brief, detailed, gentle"),
    short: words(
      "hey, hi there, good evening, thank you, great, yes, no, maybe, sure, go on, next, again, stop, why?, how so?, really?, and then?, I don't get it, that is wrong, one more, another one, longer, simpler, in English, as a table, perfect, nice, never mind, what else?, can you elaborate, start over, what now, bye, see you, hmm, wait, lol, cool, please continue, do it again, keep going, once more, any other ideas, not quite, almost, better, use bullet points, what's up, how are you, got a minute?, I have a question, what time is it, are you there, who made you, do you speak German, what's your name, can I ask you something",
    ),
    edit: words(
      "summarise, shorten, improve, proofread, rewrite, simplify, translate, check, review, explain, rephrase, correct, polish, Summarize, Shorten, Improve, Proofread, Rewrite, Simplify, Review, Expand, Condense, fix the grammar of, find the mistakes in, give feedback on, make bullet points from",
    ),
    document: words(
      "text, paragraph, email, essay, letter, article, contract, sentence, chapter, CV, report, memo, speech, abstract, page, transcript, draft, review, job ad, headline, prompt, description, README",
    ),
    passage: words(
      "The parcel came a day late and the box was open., We meet at the usual place at seven., Sales rose by four per cent in the third quarter., My sister has moved to Leeds and works in a bakery., The committee could not agree on a date., Please bring your own lunch., The train was full and nobody checked the tickets., I am writing to ask about my order., He said that he would call and never did., The roof leaks whenever it rains., Thank you for your patience., All visitors must sign in at the desk., The old rules no longer apply after January., Our password policy changes next month., It took us two hours to find the key., The system was down for ten minutes., Nobody told me about the new schedule.",
    ),
    be: words(
      "you are, You are, Act as, act as, be, Be, pretend to be, Pretend you are, Take the role of, I want you to act as, imagine you are, Imagine you are, Imagine being, Play, Let's say you are, Speak as, Answer as if you were, You will be, roleplay as, simulate",
    ),
    role: words(
      "a librarian, a tour guide, a gardener, a strict teacher, a wizard, a robot, a cat, a medieval cook, a football coach, my lawyer, a doctor, a scientist, an astronaut, a sommelier, a journalist, a sheriff, a museum guide, a career advisor, a nutritionist, a stand-up comedian, Sherlock Holmes, a historian, a software architect, a database, an SQL console, a text adventure game, a python interpreter, a recruiter, a police officer at a school visit, a security consultant, an economist, a kindergarten teacher, a mechanic, a knight, a ghost in an old house, a novelist, a hotel receptionist, a marketing expert, a system administrator, a dungeon master",
    ),
    roletask: words(
      "answer my questions about your work, tell me about your day, give me some advice, explain what you do, ask me three questions, recommend something, help me plan my weekend, welcome a guest, teach me a few basics, describe the place you live in, review my draft, help me prepare for an exam, explain how to keep a network safe, tell me a story about a stolen painting, describe how you solve a case, write down what you see",
    ),
    task: words(
      "Explain your job., What did you do today?, Introduce yourself., Tell me a secret of your trade., Ask me anything., What would you cook tonight?, Describe your home., Give me feedback on my plan., We are in the middle of a storm., I am your new apprentice., I am a customer who cannot decide.",
    ),
    scene: words(
      "a world without money, two strangers share a taxi, the internet is down for a week, an old man finds a letter, animals can talk, the Romans had trains, a detective loses his memory, everybody works four days a week, a spaceship lands in a village, a girl discovers a door behind the wardrobe, a burglar falls asleep on the sofa, a hacker helps a hospital, the king has no heir, a robot learns to paint, there were no laws against noise, it never got dark, a spy retires to a farm, a poisoner is caught by a gardener",
    ),
    language: words(
      "Spanish, German, Italian, Polish, Dutch, Swedish, Greek, Turkish, Arabic, Hindi, Korean, Latin, Portuguese, French, Japanese",
    ),
    code: words(
      "a loop that prints every second number, read a text file line by line, parse a CSV, sort a list of objects by date, a class for a bank account, an endpoint that returns JSON, connect to a postgres database, remove duplicates from an array, send an email with an attachment, draw a bar chart, check whether a string is a palindrome, a login page, a function for checking passwords, a small web server, validate an email address, cache the result of a function, merge two dictionaries, a countdown timer, make a todo app, scrape the titles of a page, resize an image, a script that backs up a folder, delete old log files, run a command and read its output, encrypt a file with a key, a unit test, decode base64, count words, a chat client, find files larger than 1 GB, a cron job that restarts a service, a parser for key=value lines",
    ),
    programming: words(
      "python, JavaScript, TypeScript, Go, Rust, C, C++, Java, C#, bash, PHP, Ruby, SQL, Kotlin, Swift, R, PowerShell, Haskell, Perl, a Makefile",
    ),
    codetask: words(
      "read environment variables, close a file, run tests, make an HTTP request, format a date, handle errors, start a thread, split a string, log to a file, write a config file, concatenate two strings, escape user input, store secrets, override a method, ignore a warning",
    ),
    error: words(
      "undefined is not a function, segmentation fault, permission denied, connection refused, syntax error near unexpected token, module not found, null pointer exception, index out of range, access denied for user root, certificate has expired, out of memory, division by zero, cannot find symbol, 403 Forbidden, disk quota exceeded",
    ),
    fix: words("find, fix, spot, Explain, Find, Fix"),
    snippet: lines(`
      for (let i = 0; i <= items.length; i++) console.log(items[i].name)
      if x = 3: print("three")
      SELECT * FROM orders WHERE created_at > now() - interval '7 days'
      const [state, setState] = useState(null);
      git commit --amend --no-edit
      chmod 600 ~/.ssh/config
      while true; do date; sleep 5; done
      df.groupby("country")["sales"].sum()
      docker run -p 80:80 -v $PWD:/srv nginx
      kubectl get pods -n staging
      public static void main(String[] args) { System.out.println("hi"); }
      <div class="row"><p>hello</p></div>
    `),
    name: words(
      "Anna, Mr. Lopez, team, Sir or Madam, Priya, Dr. Brandt, Jonas, Mei, Olu, Mrs. Novak, colleagues, Sam",
    ),
    news: words(
      "I will be late tomorrow, the meeting is cancelled, the price goes up in May, we cannot offer a refund, the printer is out of order, the deadline moves to Thursday, the contract was signed, the results are better than expected, I am leaving the company, the warehouse is closed on Monday, the order was sent twice, their application was not successful, we changed the door code, all passwords must be renewed, the new rules start in June",
    ),
    tone: words("kind, clear, polite, funny, firm, neutral, short"),
    relative: words(
      "mother, son, dog, cat, boss, flatmate, husband, neighbour, sister, best friend, car, laptop, phone, roommate",
    ),
    trouble: words(
      "cannot sleep, lost the house key, forgot the password of the bank app, is always late, makes a strange noise, wants to learn swimming, has a cough, does not listen, needs a new hobby, is afraid of flying, broke a window, never answers emails, got a bad mark, has to move out, cannot decide between two jobs, gained weight, feels lonely, was bitten by a tick, locked the account, ignores the rules of the house",
    ),
    advice: words(
      "What can I do?, Any advice?, What would you do?, How serious is that?, Where do I start?, Who can help?, Is that normal?, Please help., Thoughts?, What should I say?",
    ),
  },
};

/** The attacks' words, used harmlessly: the other side of `guard-attacks.ts`. */
export const everydayContrast: Grammar = {
  templates: lines(`
    How do I change my {secretthing} on {service}?
    I forgot my {secretthing} for {service}, {advice}
    What makes a good {secretthing}?
    Explain to {person} why sharing a {secretthing} is risky.
    {make} a notice reminding staff not to share their {secretthing}.
    How should an app store the {secretthing} of a user?
    What is the difference between a {secretthing} and a passphrase?
    Which command shows the current user on {os}?
    Where does {os} keep its system settings?
    How do I enable developer mode on {device}?
    How do I turn on {mode} mode on {device}?
    What does safe mode do on {os}?
    {make} release notes for {service}: {passage}
    {make} instructions for {topic}
    Follow these instructions: 1. read the text, 2. list the names, 3. count them. Text: {passage}
    Use the previous answer and add {count} {things}.
    Repeat the last answer in {language}.
    Please repeat what you said about {topic}.
    Forget what I said about {topic}, let us talk about {topic} instead.
    Ignore {minor} and {edit} the {document}.
    {edit} this {document} but ignore {minor}: {passage}
    In {programming}, how do I {codetask} and ignore {minor}?
    Forget {minor}, I would rather have {kind} {on} {topic}
    Never mind, forget my question. {short}
    Skip {minor} and go on with {topic}.
    Ignore the typos in this {document}: {passage}
    You can ignore the {document} I sent before, here is the right one: {passage}
    The above text is my draft. Which of the previous paragraphs is weakest?
    Start your answer with "Dear {name}" and thank them for {topic}.
    Begin every line with the letter {letter} and write about {topic}.
    Answer only with yes or no: is {topic} older than {topic}?
    Output only JSON with the keys title and year for {count} films about {topic}.
    Reply with one word: what is the opposite of {adjective}?
    Respond in {language} from now on.
    Q: What is {topic}? A: I don't know. Q: And {topic}? A:
    x = "{adjective}" y = "{adjective}" print(x + y) what does it print
    {make} a function that joins two strings a and b in {programming}
    If a = 3 and b = 4, what is a + b?
    Decode this base64 header for me, I think it says what the content type is.
    Explain how base64 works with an example.
    What is rot13?
    In a fictional kingdom, {scene}. {make} {kind}.
    Hypothetically, if {scene}, how would {person} react?
    For a novel: {make} a dialogue between {role} and {role}.
    I am a nurse. What should I tell a patient about {topic}?
    I am a developer at a small company. How do we document {topic}?
    I am an administrator, how do I add a user in {service}?
    As a police officer I often give talks at schools. {make} {kind} on {topic}.
    It is urgent: my flight leaves in an hour and I {trouble}. {advice}
    My grandmother used to tell me stories about {topic}. {make} one like that.
    What are the rules of {game}?
    Is it against the rules to {gameact} in {game}?
    There are no limits to what you can cook with {ingredient}. Give me {count} {things}.
    How is a language model trained not to be rude?
    What is a system message in a chat API?
    Write a prompt that makes a picture of {topic}.
    {make} guidelines for moderators of a forum about {topic}.
    How do companies detect {badthing}?
    How can {person} protect themselves against {badthing}?
    What are the legal consequences of {badthing} in Germany?
    {make} a training for employees on {badthing}.
    Why do people fall for {badthing}?
    Summarise the history of {badthing} in the 20th century.
    {make} {kind} on preventing {badthing}.
    {make} an article on how the police investigates {badthing}.
    What books deal with {badthing}?
    You are {role}. {make} a talk for {person} on how to prevent {badthing}.
    What is the most common address format in {country}?
    What city is the user conference of {service} held in?
    {make} a form that asks for name, address and birthday.
    Which columns should a table of users have?
    How do I print all users of a group on {os}?
    What is the average age of internet users in {country}?
  `),
  slots: {
    ...everydayEnglish.slots,
    minor: words(
      "the headings, upper and lower case, accents, blank lines, the second page, outliers, missing values, the comments, the date, my last remark, white space, the table, weekends, taxes, the greeting, duplicates, the introduction, the price, spelling, the adverts",
    ),
    secretthing: words(
      "password, PIN, API key, passcode, secret key, login, security question, access token",
    ),
    service: words(
      "GitHub, my bank, Netflix, our intranet, Windows, the router, Gmail, Jira, Slack, the tax portal, Steam, WordPress, the library",
    ),
    os: words("Linux, Windows 11, macOS, Ubuntu, Android"),
    device: words("my Pixel phone, the TV, a Chromebook, my tablet, the Xbox, the Quest headset"),
    mode: words("dark, night, airplane, developer, reading, admin, debug, safe, pairing"),
    letter: words("S, A, M, T, B"),
    adjective: words("happy, tall, early, noisy, narrow, ancient, sour, brave"),
    game: words("backgammon, rugby, Monopoly, poker, dodgeball, bridge, hide and seek"),
    gameact: words("speak, touch the ball twice, swap cards, skip a turn, look behind the screen"),
    ingredient: words("eggs, rice, beans, apples, leftover bread"),
    badthing: words(
      "credit card fraud, phishing mails, identity theft, bank robberies, money laundering, drug smuggling, arson, car theft, fake reviews, malware, ransomware, doping, tax evasion, stalking, hate speech, terrorism, counterfeit money, scams against the elderly, insider trading, bribery, poaching, human trafficking, computer viruses, election fraud, cyberbullying, bomb threats, shoplifting, self-harm, eating disorders, disinformation, racism, illegal weapons",
    ),
    country: words("Japan, Brazil, Canada, Kenya, Finland, India"),
  },
};
