/**
 * Everyday requests in other languages for the prompt guard's training, made from templates: short
 * ones above all, since a sentence of five words gives a model little to be calm about. None of the
 * sentences stands among the check texts of `guard-texts.ts`.
 */
import type { Grammar } from "./guard-grammar.ts";

/** Openings, objects and small talk of one language; commas separate. */
interface Phrases {
  readonly make: string;
  readonly kind: string;
  readonly topic: string;
  readonly short: string;
  /** Whole requests, a line each. */
  readonly asks: string;
}

const split = (text: string, by: string): string[] =>
  text
    .split(by)
    .map((part) => part.trim())
    .filter((part) => part.length > 0);

const grammarOf = ({ make, kind, topic, short, asks }: Phrases): Grammar => ({
  templates: [
    "{make} {kind} {topic}",
    "{make} {kind} {topic}.",
    "{kind} {topic}",
    "{short}",
    "{short} {short}",
    "{ask}",
    "{ask} {ask}",
    "{make} {kind}",
  ],
  slots: {
    make: split(make, ","),
    kind: split(kind, ","),
    topic: split(topic, ","),
    short: split(short, ","),
    ask: split(asks, "\n"),
  },
});

const phrases: Readonly<Record<string, Phrases>> = {
  de: {
    make: "schreibe, Schreib mir, Verfasse, erstelle, gib mir, Erzähle, Formuliere, bitte schreib, Kannst du mir helfen mit, entwirf",
    kind: "eine Geschichte, einen Brief, eine Rede, ein Lied, einen kurzen Text, eine Liste, eine Zusammenfassung, eine Anleitung, einen Bericht, ein Märchen, einen Vortrag",
    topic:
      "über den Winter, über unseren Garten, zum Thema Schlaf, über Bienen, für meine Kollegin, zum Geburtstag, über alte Autos, für die Schule, über die Bahn, zur Sicherheit im Haushalt",
    short:
      "hallo, guten Abend, ja, nein, danke schön, bitte kürzer, noch einmal, warum?, und weiter?, stimmt das?, mach weiter, auf Englisch bitte, tschüss",
    asks: `Was koche ich heute?
      Wie lange dauert die Fahrt nach Prag?
      Spiel einen Kellner und nimm meine Bestellung auf.
      Verbessere die Grammatik: ich habe gestern ins Kino gegangen.
      Welche Regeln gelten beim Handball?
      Wo finde ich das Passwort meines Routers?
      Nenne drei Bücher über Raumfahrt.
      Wie schreibe ich eine Schleife in Python?`,
  },
  fr: {
    make: "écris, Rédige, fais, donne-moi, Raconte, compose, peux-tu écrire, Propose, prépare",
    kind: "une histoire, une lettre, un discours, une chanson, un petit texte, une liste, un résumé, un conte, un article, un exposé, une annonce",
    topic:
      "sur l'hiver, sur le jardin, sur les abeilles, pour ma collègue, pour un anniversaire, sur le sommeil, pour l'école, sur les trains, sur la cuisine bretonne",
    short:
      "salut, bonsoir, oui, non, merci, plus court, encore une fois, pourquoi ?, et après ?, c'est vrai ?, continue, en anglais, au revoir, d'accord",
    asks: `Que puis-je cuisiner ce soir ?
      Combien de temps dure le trajet jusqu'à Nice ?
      Imagine un monde sans voitures.
      Où se trouve le mot de passe de ma box ?
      Quelles sont les règles du handball ?
      Cite trois livres sur l'espace.
      Comment écrire une boucle en Python ?
      Tu es professeur de musique, donne-moi une leçon.`,
  },
  es: {
    make: "escribe, Redacta, haz, dame, Cuenta, compón, puedes escribir, Propón, prepara, crea",
    kind: "un cuento, una carta, un discurso, una canción, un texto corto, una lista, un resumen, un artículo, un diálogo, una descripción",
    topic:
      "sobre el invierno, sobre el jardín, sobre las abejas, para mi compañera, para un cumpleaños, sobre el sueño, para la escuela, sobre trenes, sobre la cocina gallega",
    short:
      "hola, buenas noches, sí, no, gracias, más corto, otra vez, ¿por qué?, ¿y luego?, ¿seguro?, sigue, en inglés, adiós, vale",
    asks: `¿Qué cocino hoy?
      ¿Cuánto se tarda en llegar a Granada?
      Imagina un mundo sin coches.
      ¿Dónde está la clave de mi router?
      ¿Cuáles son las reglas del balonmano?
      Nombra tres libros sobre el espacio.
      ¿Cómo escribo un bucle en Python?
      Eres profesor de música, dame una clase.`,
  },
  pt: {
    make: "escreva, Redija, faça, me dê, Conte, crie, você pode escrever, Prepare",
    kind: "uma história, uma carta, um discurso, uma canção, um texto curto, uma lista, um resumo, um artigo, uma descrição",
    topic:
      "sobre o inverno, sobre o jardim, sobre abelhas, para minha colega, para um aniversário, sobre o sono, para a escola, sobre trens",
    short:
      "oi, bom dia, sim, não, obrigado, mais curto, de novo, por quê?, e depois?, tem certeza?, continue, em inglês, tchau",
    asks: `O que cozinho hoje?
      Quanto tempo leva até Braga?
      Onde vejo a senha do roteador?
      Quais são as regras do handebol?
      Como escrevo um laço em Python?`,
  },
  it: {
    make: "scrivi, Scrivimi, fammi, dammi, Racconta, componi, puoi scrivere, prepara, crea",
    kind: "una storia, una lettera, un discorso, una canzone, un breve testo, un elenco, un riassunto, un articolo, una descrizione",
    topic:
      "sull'inverno, sul giardino, sulle api, per la mia collega, per un compleanno, sul sonno, per la scuola, sui treni",
    short:
      "ciao, buonasera, sì, no, grazie, più corto, ancora, perché?, e poi?, sei sicuro?, continua, in inglese, arrivederci",
    asks: `Cosa cucino stasera?
      Quanto ci vuole per arrivare a Bari?
      Dove trovo la password del modem?
      Quali sono le regole della pallamano?
      Come si scrive un ciclo in Python?`,
  },
  nl: {
    make: "schrijf, Schrijf mij, maak, geef me, Vertel, kun je schrijven, bedenk",
    kind: "een verhaal, een brief, een toespraak, een lied, een korte tekst, een lijst, een samenvatting, een artikel",
    topic:
      "over de winter, over de tuin, over bijen, voor mijn collega, voor een verjaardag, over slaap, voor school, over treinen",
    short:
      "hallo, goedenavond, ja, nee, dank je, korter, nog een keer, waarom?, en dan?, ga door, doei",
    asks: `Wat eten we vandaag?
      Waar vind ik het wachtwoord van de router?
      Wat zijn de regels van handbal?`,
  },
  pl: {
    make: "napisz, Napisz mi, zrób, daj mi, Opowiedz, przygotuj, wymyśl",
    kind: "opowiadanie, list, przemówienie, piosenkę, krótki tekst, listę, streszczenie, artykuł",
    topic:
      "o zimie, o ogrodzie, o pszczołach, dla koleżanki, na urodziny, o śnie, do szkoły, o pociągach",
    short:
      "cześć, dobry wieczór, tak, nie, dziękuję, krócej, jeszcze raz, dlaczego?, i co dalej?, kontynuuj",
    asks: `Co dziś ugotować?
      Gdzie znajdę hasło do routera?
      Jakie są zasady piłki ręcznej?`,
  },
  ru: {
    make: "напиши, Напишите, сделай, дай мне, Расскажи, придумай, можешь написать, составь",
    kind: "рассказ, письмо, речь, песню, короткий текст, список, краткое изложение, статью, сказку, описание",
    topic:
      "о зиме, о саде, про пчёл, для коллеги, ко дню рождения, о сне, для школы, про поезда, о старом доме",
    short:
      "привет, добрый вечер, да, нет, спасибо, короче, ещё раз, почему?, а дальше?, точно?, продолжай, пока",
    asks: `Что приготовить сегодня?
      Где найти пароль от роутера?
      Какие правила у гандбола?
      Как написать цикл на Python?
      Ты учитель музыки, дай мне урок.`,
  },
  uk: {
    make: "напиши, склади, дай мені, Розкажи, придумай",
    kind: "оповідання, лист, промову, пісню, короткий текст, список, казку",
    topic: "про зиму, про сад, про бджіл, для колеги, до дня народження, про потяги",
    short: "привіт, добрий вечір, так, ні, дякую, коротше, ще раз, чому?, продовжуй",
    asks: `Що приготувати сьогодні?
      Які правила гандболу?`,
  },
  tr: {
    make: "yaz, bana yaz, hazırla, anlat, bir taslak hazırla",
    kind: "bir hikaye, bir mektup, bir konuşma, bir şarkı, kısa bir metin, bir liste, bir özet",
    topic:
      "kış hakkında, bahçe hakkında, arılar hakkında, iş arkadaşım için, doğum günü için, uyku hakkında",
    short: "merhaba, iyi akşamlar, evet, hayır, teşekkürler, daha kısa, tekrar, neden?, devam et",
    asks: `Bugün ne pişirsem?
      Modemin şifresini nerede bulurum?
      Hentbolun kuralları nelerdir?`,
  },
  ar: {
    make: "اكتب, أعطني, احك, جهز, هل يمكنك كتابة",
    kind: "قصة, رسالة, خطابا, أغنية, نصا قصيرا, قائمة, ملخصا, مقالا",
    topic: "عن الشتاء, عن الحديقة, عن النحل, لزميلتي, لعيد ميلاد, عن النوم, عن القطارات",
    short: "مرحبا, مساء الخير, نعم, لا, شكرا, أقصر, مرة أخرى, لماذا؟, أكمل",
    asks: `ماذا أطبخ اليوم؟
      أين أجد كلمة مرور الراوتر؟
      ما هي قواعد كرة اليد؟`,
  },
  hi: {
    make: "लिखो, लिखिए, मुझे दो, सुनाओ, बनाओ",
    kind: "एक कहानी, एक पत्र, एक भाषण, एक गीत, छोटा लेख, एक सूची, सारांश",
    topic: "सर्दी पर, बगीचे पर, मधुमक्खियों पर, मेरी सहेली के लिए, जन्मदिन के लिए, नींद पर, रेलगाड़ी पर",
    short: "नमस्ते, शुभ संध्या, हाँ, नहीं, धन्यवाद, छोटा करो, फिर से, क्यों?, आगे बताओ",
    asks: `आज क्या पकाऊँ?
      राउटर का पासवर्ड कहाँ मिलेगा?
      हैंडबॉल के नियम क्या हैं?`,
  },
  zh: {
    make: "写, 请写, 帮我写, 给我, 讲, 准备",
    kind: "一个故事, 一封信, 一篇演讲, 一首歌, 一段短文, 一份清单, 一篇文章, 一份总结",
    topic: "关于冬天的, 关于花园的, 关于蜜蜂的, 给我的同事, 生日用的, 关于睡眠的, 关于火车的",
    short: "您好, 晚上好, 是的, 不是, 谢谢, 短一点, 再来一次, 为什么？, 继续, 再见, 换一个",
    asks: `今天做什么菜？
      路由器的密码在哪里看？
      手球的规则是什么？
      怎么用Python写循环？
      你是音乐老师，请给我上一节课。`,
  },
  ja: {
    make: "書いて, 書いてください, 作って, 教えて, 考えて",
    kind: "物語を, 手紙を, スピーチを, 歌を, 短い文章を, リストを, 要約を, 記事を",
    topic: "冬について, 庭について, 蜂について, 同僚に, 誕生日用に, 睡眠について, 電車について",
    short: "こんにちは, こんばんは, はい, いいえ, ありがとう, もっと短く, もう一度, なぜ？, 続けて",
    asks: `今日は何を作ろう？
      ルーターのパスワードはどこにありますか？
      ハンドボールのルールは？`,
  },
  ko: {
    make: "써 줘, 써 주세요, 만들어 줘, 알려 줘, 추천해 줘",
    kind: "이야기를, 편지를, 연설문을, 노래를, 짧은 글을, 목록을, 요약을",
    topic: "겨울에 대한, 정원에 대한, 꿀벌에 대한, 동료에게, 생일에 쓸, 잠에 대한, 기차에 대한",
    short: "안녕, 안녕하세요, 네, 아니요, 고마워, 더 짧게, 다시, 왜?, 계속해",
    asks: `오늘 뭐 먹지?
      공유기 비밀번호는 어디에 있나요?
      핸드볼 규칙이 뭐예요?`,
  },
  vi: {
    make: "hãy viết, viết cho tôi, kể, soạn, cho tôi",
    kind: "một câu chuyện, một bức thư, một bài phát biểu, một bài hát, một đoạn văn ngắn, một danh sách",
    topic: "về mùa đông, về khu vườn, về loài ong, cho đồng nghiệp, cho sinh nhật, về giấc ngủ",
    short: "xin chào, vâng, không, cảm ơn, ngắn hơn, một lần nữa, tại sao?, tiếp tục",
    asks: `Hôm nay nấu gì?
      Mật khẩu wifi nằm ở đâu?`,
  },
  id: {
    make: "tulis, tuliskan, buatkan, beri saya, ceritakan",
    kind: "sebuah cerita, sebuah surat, pidato, lagu, teks singkat, daftar, ringkasan",
    topic: "tentang musim hujan, tentang kebun, tentang lebah, untuk rekan saya, untuk ulang tahun",
    short:
      "halo, selamat malam, ya, tidak, terima kasih, lebih pendek, sekali lagi, mengapa?, lanjutkan",
    asks: `Masak apa hari ini?
      Di mana kata sandi router saya?`,
  },
  tl: {
    make: "sumulat ng, gumawa ng, bigyan mo ako ng, ikuwento mo ang",
    kind: "kuwento, liham, talumpati, awit, maikling teksto, listahan",
    topic: "tungkol sa tag-ulan, tungkol sa hardin, para sa kaibigan ko, para sa kaarawan",
    short: "kumusta, magandang gabi, oo, hindi, salamat, mas maikli, ulitin, bakit?",
    asks: `Ano ang lulutuin ko ngayon?
      Nasaan ang password ng router?`,
  },
  bn: {
    make: "লেখো, লিখুন, আমাকে দাও, বলো",
    kind: "একটি গল্প, একটি চিঠি, একটি গান, ছোট লেখা, একটি তালিকা",
    topic: "শীত নিয়ে, বাগান নিয়ে, মৌমাছি নিয়ে, জন্মদিনের জন্য",
    short: "নমস্কার, হ্যাঁ, না, ধন্যবাদ, আবার, কেন?",
    asks: `আজ কী রান্না করব?`,
  },
  th: {
    make: "เขียน, ช่วยเขียน, ขอ, เล่า",
    kind: "นิทาน, จดหมาย, สุนทรพจน์, เพลง, ข้อความสั้น, รายการ",
    topic: "เรื่องฤดูหนาว, เรื่องสวน, เรื่องผึ้ง, ให้เพื่อนร่วมงาน, สำหรับวันเกิด",
    short: "สวัสดี, ใช่, ไม่, ขอบคุณ, สั้นกว่านี้, อีกครั้ง, ทำไม",
    asks: `วันนี้ทำอะไรกินดี`,
  },
};

/** One grammar a language. */
export const everydayForeign: readonly Grammar[] = Object.values(phrases).map(grammarOf);
