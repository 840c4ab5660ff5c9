/** Made-up secrets: those with a prefix, and those known only by the name they are assigned to. */
import { ALNUM, DIGITS, type Dice } from "./dice.ts";

const HEX = "0123456789abcdef";
const SMALL_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Literal beginnings, with the alphabets and lengths of what follows. */
const PREFIXED: readonly (readonly (string | readonly [alphabet: string, count: number])[])[] = [
  ["ghp_", [ALNUM, 36]],
  ["gho_", [ALNUM, 36]],
  ["glpat-", [ALNUM, 20]],
  ["xoxb-", [DIGITS, 12], "-", [DIGITS, 12], "-", [ALNUM, 24]],
  ["sk_live_", [ALNUM, 24]],
  ["rk_live_", [ALNUM, 24]],
  ["AIzaSy", [ALNUM, 33]],
  ["SG.", [ALNUM, 22], ".", [ALNUM, 43]],
  ["npm_", [ALNUM, 36]],
  ["hf_", [ALNUM.slice(0, 52), 34]],
  ["dop_v1_", [HEX, 64]],
  ["sk-ant-api03-", [ALNUM, 93], "AA"],
  ["gsk_", [ALNUM, 52]],
  ["lin_api_", [ALNUM, 40]],
  ["pul-", [HEX, 40]],
  ["shpat_", [HEX, 32]],
  ["dckr_pat_", [ALNUM, 27]],
  ["AKIA", ["ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16]],
  ["sk-proj-", [ALNUM, 74], "T3BlbkFJ", [ALNUM, 74]],
  ["pypi-AgEIcHlwaS5vcmc", [ALNUM, 80]],
  ["github_pat_", [ALNUM, 22], "_", [ALNUM, 59]],
];

const NAMES: readonly string[] = [
  "api_key",
  "secret_key",
  "client_secret",
  "auth_token",
  "access_token",
  "db_password",
  "password",
  "jwt_secret",
  "signing_key",
  "stripe_secret",
  "smtp_pass",
  "redis_password",
  "encryption_key",
  "webhook_secret",
  "session_secret",
  "private_token",
  "app_secret",
  "bot_token",
  "refresh_token",
  "admin_password",
  "passphrase",
  "service_account_key",
  "api_token",
  "consumer_secret",
  "master_key",
  "mysql_root_password",
  "aws_secret_access_key",
  "datadog_api_key",
  "sentry_auth_token",
  "user_pwd",
  "bearer_token",
  "license_key",
  "cookie_secret",
];

const FRAMES: readonly string[] = [
  "#=@",
  "export #=@",
  "#: @",
  '#: "@"',
  '"#": "@",',
  '{"#":"@"}',
  '# = "@"',
  "# = '@'",
  'const # = "@";',
  "let #: string = '@';",
  "var # = `@`;",
  "$# = '@';",
  '#="@" npm start',
  "docker run -e #=@ app",
  'docker run --env #="@" app',
  "ENV # @",
  "ENV #=@",
  "ARG #=@",
  "--# @",
  "--#=@",
  'cli login --# "@"',
  "helm install x --set app.#=@",
  "kubectl create secret generic s --from-literal=#=@",
  'variable "#" {\n  default = "@"\n}',
  '  # = "@"\n}',
  "<#>@</#>",
  '<add key="#" value="@" />',
  '<property name="#" value="@"/>',
  '<entry key="#">@</entry>',
  "https://api.acme.dev/v1?#=@",
  "curl -d '#=@' https://acme.dev",
  "curl -H 'x-#: @' https://acme.dev",
  "- name: #\n  value: @",
  '- name: #\n  value: "@"',
  "spring.datasource.#=@",
  'set # "@"',
  "[default]\n# = @",
  "#: '@' # rotate",
  '"#" => "@",',
  ":# => '@'",
  'self.# = "@"',
  "config.set('#', '@')",
  'os.environ["#"] = "@"',
  "process.env.# = '@';",
  "setx # @",
  '$env:# = "@"',
  "The # is @ and it expired",
  "my # is: @",
  "#:@",
  '# := "@"',
  'config["#"] = "@"',
  'put("#", "@")',
  '{\\"#\\": \\"@\\"}',
  '--data \'{"#": "@"}\'',
  'System.setProperty("#", "@");',
  "| # | @ |",
  "* `#`: `@`",
  'client = Client(#="@", timeout=5)',
  "Client(#='@')",
];

const BARE: readonly string[] = [
  "I pasted @ by mistake",
  "@",
  "key: @",
  "Authorization: Bearer @",
  '"@"',
  "(@)",
  "log: token @ rejected",
  "<p>@</p>",
  "x=@&y=1",
  "`@`",
  "| @ |",
  "- @",
  "curl https://acme.dev/@/send",
  "see @.",
  "@, and more",
];

function value(dice: Dice, name: string): string {
  if (/pass|pwd/.test(name) && !name.startsWith("passphrase")) {
    return dice.pick([
      () => dice.chars(`${ALNUM}!$%*-_`, dice.between(10, 20)) + dice.digits(2),
      () =>
        `${dice.pick(["Winter", "Rosebud", "Falcon", "Tr0ub4dor"])}${dice.pick(["!", "#", "$", "-"])}${dice.digits(4)}`,
      () => dice.chars(ALNUM, 16) + dice.digits(1),
    ])();
  }
  if (name === "aws_secret_access_key") return dice.chars(`${ALNUM}/+`, 40);
  return dice.pick([
    () => dice.chars(HEX, dice.pick([32, 40, 64])),
    () => dice.chars(ALNUM, dice.between(20, 48)) + dice.digits(1),
    () => `${dice.chars(ALNUM, 42)}${dice.digits(1)}=`,
    () => dice.shape("hhhhhhhh-hhhh-4hhh-8hhh-hhhhhhhhhhhh"),
    () => dice.chars(`${ALNUM}-_`, 31) + dice.digits(1),
    () => dice.chars(SMALL_DIGITS, 24),
  ])();
}

function cased(name: string, dice: Dice): string {
  const words = name.split("_");
  const camel = words
    .map((word, i) => (i === 0 ? word : (word[0] ?? "").toUpperCase() + word.slice(1)))
    .join("");
  const prefix = dice.pick(["", "", "acme_", "my_"]);
  return dice.pick([
    prefix + name,
    (prefix + name).toUpperCase(),
    camel,
    words.join("-"),
    words.join("."),
  ]);
}

export interface MadeSecret {
  frame: string;
  value: string;
  assigned: boolean;
}

/** A secret and the text it stands in, `@` where it goes. */
export function secretOf(dice: Dice): MadeSecret {
  if (dice.below(3) === 0) {
    const parts = dice.pick(PREFIXED);
    const value = parts
      .map((part) => (typeof part === "string" ? part : dice.chars(...part)))
      .join("");
    return { frame: dice.pick(BARE), value, assigned: false };
  }
  const name = dice.pick(NAMES);
  return {
    frame: dice.pick(FRAMES).replaceAll("#", cased(name, dice)),
    value: value(dice, name),
    assigned: true,
  };
}
