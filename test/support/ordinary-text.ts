/** Text as people send it, against which hostile texts are weighed and the scan is timed. */

const SENTENCES = [
  "Please summarise the meeting notes below and list the open questions for each team.",
  "The quick brown fox jumps over the lazy dog, and then it sleeps until the next morning.",
  "def reset(user, count=10):\n    for i in range(count):\n        user.items[i] = None\n    return user",
  "| Quarter | Revenue | Growth |\n|---|---|---|\n| Q1 2024 | 1,204.5 | 3.1 % |",
  "In 2019 the library had 48 rooms; by 2023 it had 112, most of them on the second floor.",
  "const total = items.reduce((sum, item) => sum + item.price * item.quantity, 0);",
  "Translate to French: I would like to book a table for four people at half past seven.",
  "What is the difference between a list and a tuple in Python? Give two short examples.",
  '{"name": "widget", "sizes": [1, 2, 3], "ok": true, "url": "https://example.com/a?b=c"}',
  "Write a story about a lighthouse keeper who finds a letter in a bottle; keep it hopeful.",
];
const SENSITIVE = [
  "My card is 4111 1111 1111 1111 exp 09/28.",
  "Mail alice@example.com or call (415) 555-0132.",
  "API_KEY=a8Xk29dLqPz7Tn3VbM5cRw1Y",
];

/** Nine parts prose, tables and code, and one part sensitive values, of one length. */
export function ordinaryText(length: number): string {
  let text = "";
  for (let i = 0; text.length < length; i += 1) {
    text += `${i % 19 === 18 ? SENSITIVE[i % SENSITIVE.length] : SENTENCES[(i * 7) % SENTENCES.length]}\n`;
  }
  return text.slice(0, length);
}
