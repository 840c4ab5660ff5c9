/** Made-up values of every structured type, in the ways people and programs write them. */
import {
  bitcoinAddress,
  drawUntil,
  ibanOf,
  isCpf,
  isGermanTaxId,
  isNhs,
  isPesel,
  isRouting,
  isTfn,
  isVerhoeff,
  isVin,
  withLuhn,
} from "./check-digits.ts";
import { CAPITALS, DIGITS, type Dice } from "./dice.ts";

/** Splits into groups of the given sizes with one separator. */
function grouped(text: string, sizes: readonly number[], separator: string): string {
  const groups: string[] = [];
  let at = 0;
  for (const size of sizes) groups.push(text.slice(at, (at += size)));
  return groups.join(separator);
}

function card(dice: Dice): string {
  const kind = dice.pick(["4", "5", "2", "a", "d", "j"]);
  if (kind === "a") {
    const number = withLuhn(dice.pick(["34", "37"]) + dice.digits(12));
    return dice.pick([number, grouped(number, [4, 6, 5], " "), grouped(number, [4, 6, 5], "-")]);
  }
  const prefix = { "4": "4", "5": `5${dice.between(1, 5)}`, "2": "2345", d: "6011", j: "3530" }[
    kind
  ];
  const number = withLuhn((prefix ?? "4") + dice.digits(15 - (prefix ?? "4").length));
  return dice.pick([number, ...[" ", "-", "."].map((s) => grouped(number, [4, 4, 4, 4], s))]);
}

function iban(dice: Dice): string {
  const [country, account] = dice.pick<readonly [string, string]>([
    ["DE", "999999999999999999"],
    ["FR", "99999999999999999999999"],
    ["ES", "99999999999999999999"],
    ["IT", "A9999999999999999999999"],
    ["NL", "AAAA9999999999"],
    ["GB", "AAAA99999999999999"],
    ["PL", "999999999999999999999999"],
    ["PT", "999999999999999999999"],
    ["CH", "99999999999999999"],
    ["BE", "999999999999"],
    ["NO", "99999999999"],
  ]);
  const value = ibanOf(country, dice.shape(account).replaceAll(/[a-z]/g, "A"));
  const spaced = value.replaceAll(/(.{4})(?=.)/g, "$1 ");
  return dice.pick([value, spaced, spaced, value.toLowerCase(), spaced.replaceAll(" ", "-")]);
}

const NAMES = [
  "anna",
  "joao",
  "piotr",
  "lena",
  "marc",
  "giulia",
  "o.brien",
  "sofia",
  "li.wei",
  "tom",
];
const LAST = [
  "kowalska",
  "schmidt",
  "garcia",
  "rossi",
  "silva",
  "dubois",
  "nguyen",
  "smith",
  "haas",
];

function email(dice: Dice): string {
  const local = dice.pick([
    `${dice.pick(NAMES)}.${dice.pick(LAST)}`,
    `${dice.pick(NAMES)}_${dice.digits(3)}`,
    `${dice.pick(LAST)}+${dice.pick(["news", "shop"])}`,
    dice.pick(NAMES).toUpperCase(),
    `${dice.pick(LAST)}-${dice.pick(NAMES)}`,
  ]);
  return `${local}@${dice.pick(["gmail.com", "web.de", "mail.example.co.uk", "firma-xy.pl", "uni.edu", "orange.fr", "a1.io", "acme.museum"])}`;
}

/** Shapes: 1 is a digit but zero, 9 any digit. */
const PHONES =
  `+1 (199) 199-9999; +1-199-199-9999; +11991999999; (199) 199-9999; 199-199-9999; 199.199.9999;
+44 7199 999999; 07199 999999; 020 7199 9999; +44 20 7199 9999; +49 171 1999999; 0171 1999999;
0171/1999999; +49 (0) 30 1999999; 030 19999999; +33 6 19 99 99 99; 06 19 99 99 99;
06.19.99.99.99; +34 699 999 999; 699 999 999; +39 349 199 9999; 349 1999999; +48 519 999 999;
519-999-999; +55 11 91999-9999; (11) 91999-9999; +351 919 999 999; +91 98199 99999;
+61 419 999 999; 0419 999 999; 001 199 199 9999; +41 79 199 99 99; +43 664 1999999;
1-800-199-9999; 199-199-9999 ext. 99; 199.199.9999x999`.split(/;\s/);

function ssn(dice: Dice): string {
  const digits = `${dice.pick(["1", "2", "4", "5", "6"])}${dice.digits(1)}1${dice.between(11, 98)}${dice.between(1001, 9999)}`;
  return grouped(digits, [3, 2, 4], dice.pick(["-", "-", " ", "."]));
}

function date(dice: Dice): string {
  const day = String(dice.between(1, 28));
  const month = String(dice.between(1, 12));
  const year = String(dice.between(1940, 2008));
  const [dd, mm] = [day.padStart(2, "0"), month.padStart(2, "0")];
  const word = dice.pick([
    "January",
    "March",
    "May",
    "June",
    "October",
    "December",
    "Feb",
    "Aug",
    "Nov",
  ]);
  return dice.pick([
    `${mm}/${dd}/${year}`,
    `${dd}.${mm}.${year}`,
    `${year}-${mm}-${dd}`,
    `${dd}-${mm}-${year}`,
    `${year}/${mm}/${dd}`,
    `${month}/${day}/${year.slice(2)}`,
    `${word} ${day}, ${year}`,
    `${day} ${word} ${year}`,
  ]);
}

function vin(dice: Dice): string {
  const letters = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
  const make = dice.pick(["1HG", "WVW", "JTD", "WBA", "5YJ", "VF1"]);
  const body = `${make}${dice.chars(letters, 5)}`;
  const tail = `${dice.chars(letters, 2)}${dice.digits(6)}`;
  const word =
    Array.from("0123456789X")
      .map((check) => body + check + tail)
      .find(isVin) ?? "";
  return dice.pick([word, word, word.toLowerCase()]);
}

function mbi(dice: Dice): string {
  const letters = "ACDEFGHJKMNPQRTUVWXY";
  const a = (): string => dice.chars(letters, 1);
  const value = `${dice.between(1, 9)}${a()}${dice.chars(letters + DIGITS, 1)}${dice.digits(1)}${a()}${dice.chars(letters + DIGITS, 1)}${dice.digits(1)}${a()}${a()}${dice.digits(2)}`;
  return dice.pick([value, grouped(value, [4, 3, 4], "-"), grouped(value, [4, 3, 4], " ")]);
}

function crypto(dice: Dice): string {
  return dice.pick([() => bitcoinAddress(dice), () => `0x${dice.chars("0123456789abcdef", 40)}`])();
}

function nif(dice: Dice): string {
  const number = dice.digits(8);
  const letter = "TRWAGMYFPDXBNJZSQVHLCKE"[Number(number) % 23] ?? "";
  return dice.pick([
    number + letter,
    `${number}-${letter}`,
    number + letter.toLowerCase(),
    `${number.slice(0, 2)}.${number.slice(2, 5)}.${number.slice(5)}-${letter}`,
  ]);
}

function ip(dice: Dice): string {
  const octet = (): number => dice.between(1, 254);
  const four = `${octet()}.${octet()}.${octet()}.${octet()}`;
  const h = (): string => dice.chars("0123456789abcdef", dice.between(1, 4));
  return dice.pick([
    four,
    four,
    `2001:db8:${h()}:${h()}:${h()}:${h()}:${h()}:${h()}`,
    `fe80::${h()}:${h()}:${h()}:${h()}`,
    `2a02:${h()}::${h()}`,
    `2001:DB8::${h().toUpperCase()}`,
  ]);
}

/** A type's values. */
export const VALUES: Readonly<Record<string, (dice: Dice) => string>> = {
  CREDIT_CARD: card,
  IBAN_CODE: iban,
  BIC: (dice) =>
    `${dice.chars(CAPITALS, 4)}${dice.pick(["DE", "FR", "ES", "IT", "PT", "PL", "GB", "US", "CH", "NL"])}${dice.chars(CAPITALS + DIGITS, 2)}${dice.pick(["", "", "X".repeat(3), "500"])}`,
  EMAIL_ADDRESS: email,
  PHONE_NUMBER: (dice) =>
    dice.shape(
      dice
        .pick(PHONES)
        .replaceAll(/(?<=[+(]|^)1(?=[ -])/g, "\\1")
        .replace("+11", "+\\11"),
    ),
  US_SSN: ssn,
  US_ITIN: (dice) =>
    grouped(
      `9${dice.digits(2)}${dice.between(70, 88)}${dice.shape("1999")}`,
      [3, 2, 4],
      dice.pick(["-", "-", " "]),
    ),
  US_EIN: (dice) => dice.shape("19-9999999"),
  US_MBI: mbi,
  US_BANK_NUMBER: (dice) => dice.shape("1") + dice.digits(dice.between(7, 13)),
  ABA_ROUTING_NUMBER: (dice) => drawUntil(() => dice.digits(9), isRouting),
  DRIVER_LICENSE: (dice) =>
    dice.shape(
      dice.pick([
        "A9999999",
        "A999999999999",
        "A999-9999-9999",
        "999999999",
        "AA999999",
        "99999999",
        "A99-99-9999",
      ]),
    ),
  PASSPORT: (dice) =>
    dice.shape(
      dice.pick([
        "A99999999",
        "999999999",
        "AA9999999",
        "99AA99999",
        "A9999999",
        "CA9AAA999".replace("CA", "\\CA"),
      ]),
    ),
  DATE_OF_BIRTH: date,
  IP_ADDRESS: ip,
  MAC_ADDRESS: (dice) => {
    const pairs = Array.from({ length: 6 }, () => dice.shape("hh"));
    pairs[0] = dice.pick(["00", "3c", "a4", "f8"]);
    return dice.pick([
      pairs.join(":"),
      pairs.join("-"),
      pairs.join(":").toUpperCase(),
      `${pairs[0]}${pairs[1]}.${pairs[2]}${pairs[3]}.${pairs[4]}${pairs[5]}`,
    ]);
  },
  VIN: vin,
  CRYPTO: crypto,
  IN_AADHAAR: (dice) => {
    const digits = drawUntil(() => dice.between(2, 9) + dice.digits(11), isVerhoeff);
    return dice.pick([digits, grouped(digits, [4, 4, 4], " "), grouped(digits, [4, 4, 4], "-")]);
  },
  IN_PAN: (dice) => {
    const value = `${dice.shape("AAA")}${dice.pick(["P", "C", "H", "F", "A"])}${dice.shape("A9999A")}`;
    return dice.pick([value, value, value.toLowerCase()]);
  },
  UK_NINO: (dice) => {
    const value = `${dice.pick(["AB", "CE", "JG", "SR", "PW"])}${dice.digits(6)}${dice.pick(["A", "B", "C", "D"])}`;
    return dice.pick([
      value,
      grouped(value, [2, 2, 2, 2, 1], " "),
      grouped(value, [2, 2, 2, 2, 1], "-"),
      value.toLowerCase(),
    ]);
  },
  UK_NHS: (dice) => {
    const digits = drawUntil(() => dice.shape("1999999999"), isNhs);
    return dice.pick([digits, grouped(digits, [3, 3, 4], " "), grouped(digits, [3, 3, 4], "-")]);
  },
  BR_CPF: (dice) => {
    const digits = drawUntil(() => dice.digits(11), isCpf);
    return dice.pick([digits, `${grouped(digits.slice(0, 9), [3, 3, 3], ".")}-${digits.slice(9)}`]);
  },
  CA_SIN: (dice) => {
    const digits = withLuhn(`${dice.between(1, 7)}${dice.digits(7)}`);
    return dice.pick([digits, ...[" ", "-", "."].map((s) => grouped(digits, [3, 3, 3], s))]);
  },
  AU_TFN: (dice) => {
    const digits = drawUntil(() => dice.digits(9), isTfn);
    return dice.pick([digits, ...[" ", "-"].map((s) => grouped(digits, [3, 3, 3], s))]);
  },
  PL_PESEL: (dice) =>
    drawUntil(
      () =>
        `${dice.between(40, 99)}${String(dice.between(1, 12)).padStart(2, "0")}${String(dice.between(1, 28)).padStart(2, "0")}${dice.digits(5)}`,
      isPesel,
    ),
  DE_TAX_ID: (dice) => {
    const digits = drawUntil(() => dice.shape("19999999999"), isGermanTaxId);
    return dice.pick([
      digits,
      grouped(digits, [2, 3, 3, 3], " "),
      grouped(digits, [2, 3, 3, 3], "/"),
    ]);
  },
  ES_NIF: nif,
};
