/** What each detector of personal data must find («marked») and must leave alone. */
import type { DetectorExamples } from "../../support/describe-detector.ts";

export const EXAMPLES: Readonly<Record<string, DetectorExamples>> = {
  "payment-card": {
    hits: [
      "card «4111 1111 1111 1111» please",
      "«4111-1111-1111-1111»",
      "«4111111111111111» exp 09/28",
      "amex «378282246310005», thanks",
      "mc «5555 5555 5555 4444».",
    ],
    misses: [
      "4111 1111 1111 1112",
      "order 1234567890123456",
      "3.14159265358979",
      "x4111111111111111",
    ],
  },
  iban: {
    hits: ["IBAN «GB29 NWBK 6016 1331 9268 19» ok", "to «DE89370400440532013000» now"],
    misses: ["GB29 NWBK 6016 1331 9268 18", "XX89370400440532013000"],
  },
  bic: {
    hits: ["BIC: «DEUTDEFF»", "SWIFT code «CHASUS33XXX» for the wire"],
    misses: ["DEUTDEFF", "a swift response is EXPECTED here", "BIC is unknown"],
  },
  email: {
    hits: [
      "mail «alice@example.com».",
      "<«bob.o'neil+tag@mail.example.co.uk»>",
      "see «a_b-c@x.org»,",
    ],
    misses: ["@decorator", "left-pad@1.4.0", "me@host", "git@github.com:org/repo", "a @ b.com"],
  },
  phone: {
    hits: [
      "call «(415) 555-0132» or",
      "«+1 415 555 0132»",
      "«555-123-4567»",
      "phone=«+44 7700 900748»",
      "desk: «+1-604-696-5272x565»",
      "you can call «73 448 266».",
      "«21 232 945 1338» office",
    ],
    misses: [
      "2026-03-02 12:31-14:30",
      "call 2026-03-02",
      "94,732,256 people",
      "pages 100-200",
      "id 5550132",
    ],
  },
  "us-ssn": {
    hits: ["SSN «123-45-6789».", "my ssn is «123456789»"],
    misses: [
      "000-12-3456",
      "666-12-3456",
      "900-12-3456",
      "123-00-4567",
      "part no. 123-45-6789",
      "123-45-67890",
    ],
  },
  "us-itin": { hits: ["ITIN «912-78-1234»"], misses: ["912-68-1234", "812-78-1234"] },
  "us-ein": { hits: ["our EIN is «12-3456789»"], misses: ["12-3456789", "EIN 123-456789"] },
  "us-routing-number": {
    hits: ["routing number «021000021»"],
    misses: ["routing 021000022", "021000021"],
  },
  "us-bank-account": {
    hits: ["bank account number «12345678»", "checking acct no: «000123456789»"],
    misses: ["12345678", "account 1111111111"],
  },
  "us-npi": { hits: ["NPI «1234567893»"], misses: ["NPI 1234567890", "1234567893"] },
  "us-mbi": {
    hits: ["MBI «1EG4-TE5-MK73»", "«1EG4TE5MK73»"],
    misses: ["1SG4-TE5-MK73", "0EG4TE5MK73"],
  },
  "ca-sin": {
    hits: ["SIN «130 692 544»", "social insurance number: «130-692-544»"],
    misses: ["SIN 130 692 545"],
  },
  "au-tfn": { hits: ["TFN «123 456 782»"], misses: ["TFN 123 456 789"] },
  "au-abn": { hits: ["ABN «51 824 753 556»"], misses: ["ABN 51 824 753 557"] },
  "au-acn": { hits: ["ACN «000 000 019»"], misses: ["ACN 000 000 018"] },
  "au-medicare": { hits: ["Medicare «2123 45670 1»"], misses: ["Medicare 2123 45671 1"] },
  "uk-nhs": { hits: ["NHS number «943 476 5919»"], misses: ["NHS number 943 476 5918"] },
  "uk-nino": {
    hits: ["«AB123456C»", "NI number «JK 12 34 56 C»"],
    misses: ["BG123456C", "AB123456E"],
  },
  "uk-driving-licence": { hits: ["licence «MORGA657054SM9IJ»"], misses: ["MORGA637054SM9IJ"] },
  "in-aadhaar": {
    hits: ["Aadhaar «2345 6789 0124»"],
    misses: ["Aadhaar 2345 6789 0125", "1234 5678 9012"],
  },
  "in-pan": { hits: ["PAN «ABCPE1234F»"], misses: ["ABCXE1234F", "abcpe1234f"] },
  "in-gstin": { hits: ["GSTIN «27ABCPE1234F1Z5»"], misses: ["47ABCPE1234F1Z5"] },
  "in-voter-id": { hits: ["voter id «ABC1234567»"], misses: ["ABC1234567"] },
  "br-cpf": { hits: ["CPF «529.982.247-25»"], misses: ["CPF 529.982.247-26"] },
  "br-cnpj": { hits: ["CNPJ «11.222.333/0001-81»"], misses: ["CNPJ 11.222.333/0001-82"] },
  "pl-pesel": {
    hits: ["PESEL: «44051401458»"],
    misses: ["PESEL: 44051401459", "PESEL: 44153401458"],
  },
  "de-tax-id": { hits: ["Steuer-ID: «36574261809»"], misses: ["Steuer-ID: 36574261808"] },
  "de-id-card": { hits: ["Personalausweis: «L01X00T44»."], misses: ["L01X00T44"] },
  "de-health-insurance": { hits: ["KVNR: «A123456780»"], misses: ["KVNR: A123456781"] },
  "es-nif": { hits: ["DNI «12345678Z»"], misses: ["DNI 12345678A"] },
  "es-nie": { hits: ["NIE «X9613851N»"], misses: ["NIE X9613851M"] },
  "it-fiscal-code": { hits: ["codice fiscale «RSSMRA85T10A562S»"], misses: ["RSSMRA85T10A562T"] },
  "fi-hetu": { hits: ["«131052-308T»"], misses: ["131052-308U"] },
  "se-personnummer": { hits: ["personnummer «811228-9874»"], misses: ["personnummer 811228-9875"] },
  "sg-nric": { hits: ["NRIC «S1234567D»"], misses: ["NRIC S1234567A"] },
  "kr-rrn": { hits: ["RRN «960121-1021413»"], misses: ["RRN 961321-1021413"] },
  "th-tnin": { hits: ["Thai id «1234567890121»"], misses: ["Thai id 1234567890122"] },
  "tr-national-id": { hits: ["TC kimlik «10000000146»"], misses: ["TC kimlik 10000000147"] },
  "za-id": {
    hits: ["South African id «9202204720083»"],
    misses: ["South African id 9202204720082"],
  },
  passport: {
    hits: ["Passport No: «X63119889»", "passport number is «677669233»"],
    misses: ["my passport needs to be ready", "passport photos for 12345678 people"],
  },
  "driver-license": {
    hits: ["driver's license number is «K227364274553»", "DL# «L7335349»"],
    misses: ["driver license renewal", "the duplicate 12345678"],
  },
  "medical-record": { hits: ["MRN: «A1234567»"], misses: ["A1234567"] },
  "date-of-birth": {
    hits: ["DOB: «05/25/2001»", "she was born on «1955-09-04»"],
    misses: ["due 05/25/2001", "born on 1955-19-44", "reborn 2001"],
  },
  "ip-address": {
    hits: [
      "from «203.0.113.7» at",
      "ip «2001:db8::8a2e:370:7334».",
      "on «fe80::1ff:fe23:4567:890a»",
    ],
    misses: ["version 1.2.3.4", "1.2.3.4.5", "300.1.1.1", "std::vector", "12:30:45"],
  },
  "mac-address": {
    hits: ["«00:1a:2b:3c:4d:5e»", "«af-09-86-e1-f9-81» x"],
    misses: ["00:1a:2b:3c:4d", "00:00:00:00:00:00"],
  },
  vin: { hits: ["VIN «1M8GDM9AXKP042788»"], misses: ["1M8GDM9A1KP042788"] },
  "crypto-wallet": {
    hits: [
      "to «1BoatSLRHtKNngkdXEeobR76b53LETtpyT» now",
      "«bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq»",
      "wallet «0x52908400098527886E0F7030069857D2E4169EE7»",
    ],
    misses: ["1BoatSLRHtKNngkdXEeobR76b53LETtpyU", "0xdd6edc6178fde2c5"],
  },
};
