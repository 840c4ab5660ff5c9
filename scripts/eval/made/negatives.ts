/** Texts with nothing in them to find, though much that looks like it. */
import { withLuhn } from "./check-digits.ts";
import { ALNUM, CAPITALS, DIGITS, type Dice } from "./dice.ts";

const hex = (dice: Dice, count: number): string => dice.chars("0123456789abcdef", count);
const uuid = (dice: Dice): string => dice.shape("hhhhhhhh-hhhh-4hhh-8hhh-hhhhhhhhhhhh");
const base64 = (dice: Dice, count: number): string => dice.chars(`${ALNUM}+/`, count);

/** Looks like personal data, is none. */
const DATA: readonly ((dice: Dice) => string)[] = [
  (d) => `request ${uuid(d)} took ${d.between(3, 900)} ms`,
  (d) => `order_id=${d.digits(12)} sku=${d.shape("AA9999-99")} qty=${d.between(1, 9)}`,
  (d) =>
    `Your order number ${d.digits(10)} has shipped with tracking ${d.shape("1Z999AA19999999999")}`,
  (d) => `ISBN 978-${d.digits(1)}-${d.digits(4)}-${d.digits(4)}-${d.digits(1)}, second edition`,
  (d) => `isbn: 978${d.digits(10)}`,
  (d) => `EAN ${d.digits(13)} price 12.99 EUR`,
  (d) =>
    `upgrade to v${d.between(1, 20)}.${d.between(0, 30)}.${d.between(0, 99)}-beta.${d.between(1, 9)}`,
  (d) =>
    `Chrome/${d.between(90, 140)}.0.${d.between(1000, 9999)}.${d.between(10, 250)} Safari/537.36`,
  (d) =>
    `assembly version="${d.between(1, 9)}.${d.between(0, 9)}.${d.between(0, 9)}.${d.between(0, 99)}"`,
  (d) => `commit ${hex(d, 40)} and ${hex(d, 7)} fix it`,
  (d) => `sha256:${hex(d, 64)}`,
  (d) => `md5 (${hex(d, 32)}) matches`,
  (d) => `{"ts": 17${d.digits(11)}, "value": ${d.digits(3)}.${d.digits(6)}}`,
  (d) => `epoch 17${d.digits(8)} seconds`,
  (d) =>
    `2024-0${d.between(1, 9)}-1${d.digits(1)}T1${d.digits(1)}:2${d.digits(1)}:3${d.digits(1)}.${d.digits(3)}Z started`,
  (d) => `lat ${d.between(10, 80)}.${d.digits(6)}, lon -${d.between(10, 120)}.${d.digits(6)}`,
  (d) =>
    `revenue grew from ${d.digits(3)},${d.digits(3)},${d.digits(3)} to ${d.between(1, 9)},${d.digits(3)},${d.digits(3)},${d.digits(3)}`,
  (d) => `invoice no. ${d.shape("AAA-99999-9999")} dated 03/04/2024`,
  (d) => `Meeting 1${d.digits(1)}.0${d.between(1, 9)}.2025 at 10:30-11:15 in room ${d.digits(3)}`,
  (d) => `ticket #${d.digits(6)} moved to JIRA-${d.digits(4)}`,
  (d) => `x = [${Array.from({ length: 8 }, () => d.digits(d.between(2, 6))).join(", ")}]`,
  (d) =>
    `matrix:\n${d.digits(3)} ${d.digits(3)} ${d.digits(4)}\n${d.digits(3)} ${d.digits(3)} ${d.digits(4)}`,
  (d) =>
    `pages ${d.digits(3)}-${d.digits(3)}, vol. ${d.digits(2)}, DOI 10.${d.digits(4)}/j.${d.digits(6)}`,
  (d) => `order ${withLuhn(`4${d.digits(14)}`)} was refunded`,
  (d) => `tracking number ${d.digits(20)} in transit`,
  (d) => `error code 0x${hex(d, 8).toUpperCase()} at 0x${hex(d, 16)}`,
  (d) => `colour #${hex(d, 6)} on #${hex(d, 3)}`,
  (d) => `IMEI ${d.digits(15)} blocked`,
  (d) => `part number ${d.shape("999-99-9999")} is out of stock`,
  () => `std::vector<int> v; Foo::bar(); ns::inner::Type t;`,
  (d) => `ratio ${d.digits(1)}:${d.digits(2)} over ${d.digits(2)}:${d.digits(2)}:${d.digits(2)}`,
  (d) =>
    `from 2019 to 2024, ${d.digits(4)} of ${d.digits(5)} people (${d.digits(2)}.${d.digits(1)} %)`,
  (d) => `score 12-${d.digits(2)}-${d.digits(2)} after overtime`,
  () => `@param {string} name and @Override and user@ host`,
  (d) => `npm i left-pad@1.3.${d.digits(1)} react@18.${d.digits(1)}.0 @types/node@20`,
  (d) => `section 4.${d.digits(1)}.${d.digits(1)}.${d.digits(1)} of the standard ISO 27001:2022`,
  (d) => `serial ${d.chars(CAPITALS + DIGITS, 12)} batch ${d.chars(DIGITS, 8)}`,
  (d) => `Die Bestellnummer lautet ${d.digits(9)}, Kundennummer ${d.digits(8)}.`,
  (d) => `Le numéro de commande est ${d.digits(11)}.`,
  (d) => `El número de pedido es ${d.digits(10)}.`,
  (d) => `transaction id ${d.digits(16)} approved`,
  (d) => `session ${d.chars(ALNUM, 26)} expired`,
  () =>
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.",
  () => "She was born in Boston, moved in 1998, and her birthday party had 40 guests.",
  () => "Call me when the passport office opens; my driving license test is on Monday 12 May.",
  () =>
    "What is the routing number of a bank, and how long is an IBAN? Explain social security briefly.",
];

/** Looks like a secret, is none. */
const SECRETS: readonly ((dice: Dice) => string)[] = [
  () => 'api_key = "<YOUR_KEY>"',
  () => "API_KEY=your-api-key-here",
  () => "password: changeme",
  () => "PASSWORD=changeme123",
  () => "secret: xxxxxxxxxxxxxxxx",
  () => "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
  () => "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  () => "token: ${{ secrets.NPM_TOKEN }}",
  () => "password = os.environ['DB_PASSWORD']",
  () => "const apiKey = process.env.OPENAI_API_KEY;",
  () => "client_secret: {{ .Values.secret }}",
  () => "Authorization: Bearer <token>",
  () => "Authorization: Bearer $TOKEN",
  () => "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  () => "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  () => "OPENAI_API_KEY=sk-...",
  () => 'password: "********"',
  () => "secret = var.db_password",
  () => 'db_password = data.vault_generic_secret.db.data["password"]',
  () => "postgres://user:password@localhost:5432/db",
  () => "mysql://root:${DB_PASS}@db/app",
  () => "https://user:<password>@host/path",
  () => "redis://:password@redis:6379",
  () => "def login(username, password): return check_password(password, user.password_hash)",
  () => "password_reset_url = reverse('password_reset')",
  () => "token = request.headers.get('Authorization')",
  () => "max_tokens: 4096\ntoken_count: 17",
  () => "tokenizer = AutoTokenizer.from_pretrained('bert-base-multilingual-cased')",
  () => "key: ArrowLeft",
  () => "primary_key=True, foreign_key='users.id'",
  () => "secretName: my-tls-cert",
  () => "secretKeyRef:\n  name: db-credentials\n  key: password",
  () => 'passwordField.setPlaceholder("Enter password")',
  () => "token_type: bearer",
  () => "api_key: REPLACE_ME",
  () => "api_key: to be done",
  () => "apiKey: 'YOUR_API_KEY'",
  () => "api-key: abcdefghijklmnopqrstuvwxyz",
  () => "secret: 0000000000000000",
  () => "secret_key: insert-your-secret-key-here",
  () => "password: hunter2example",
  () => "export GITHUB_TOKEN=$(gh auth token)",
  () => "PASSWORD=$(openssl rand -base64 32)",
  () => 'api_key = get_secret("prod/api-key")',
  () => "STRIPE_KEY=sk_test_your_key_here",
  () => "key = hashlib.sha256(data).hexdigest()",
  () => "password: !vault |",
  () => "token: null\npassword: ''",
  () => "password: [REDACTED]",
  () => '"password": "string"',
  () => "password (required): the user's password, 8-64 characters",
  () => "Forgot password? Reset password via https://acme.dev/reset",
  (d) => `checksum: ${hex(d, 64)}`,
  (d) => `"integrity": "sha512-${base64(d, 86)}=="`,
  (d) => `commit ${hex(d, 40)}`,
  (d) => `etag: "${hex(d, 32)}"`,
  (d) => `image: nginx@sha256:${hex(d, 64)}`,
  (d) => `data:image/png;base64,${base64(d, 120)}`,
  (d) => `ssh-rsa AAAAB3NzaC1yc2E${base64(d, 100)} me@host`,
  (d) => `id: ${uuid(d)}`,
  (d) => `trace_id: ${hex(d, 32)}`,
  (d) => `build_hash=${hex(d, 40)}`,
  (d) => `nonce: ${base64(d, 22)}`,
  (d) => `"_id": "${hex(d, 24)}"`,
  (d) => `requestId=${uuid(d)} userId=${d.digits(8)}`,
  (d) => `<link href="/a.css?v=${hex(d, 20)}" integrity="sha384-${base64(d, 64)}">`,
  (d) => `arn:aws:s3:::bucket-${d.digits(12)}/key/${d.chars(ALNUM, 10)}`,
  (d) => `https://youtu.be/${d.chars(ALNUM, 11)}?t=${d.digits(2)}`,
  (d) => `https://docs.acme.dev/d/${d.chars(ALNUM, 44)}/edit`,
  (d) => `cache_key: user:${d.digits(6)}:${hex(d, 16)}`,
  (d) => `public_key: ${base64(d, 44)}`,
  (d) => `fingerprint SHA256:${base64(d, 43)}`,
];

/** A row of the kind, with some sentence around it. */
export function negativeOf(kind: "data" | "secrets", dice: Dice): string {
  const text = dice.pick(kind === "data" ? DATA : SECRETS)(dice);
  return (
    dice.pick(["", "", "Explain this: ", "Review:\n", "user: "]) +
    text +
    dice.pick(["", "", "\n", " ok?", "\nThanks!"])
  );
}
