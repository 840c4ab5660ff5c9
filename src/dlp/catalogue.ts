/** Every built-in detector and the groups rules may name. */
import { auAbn } from "./detectors/au-abn.ts";
import { auAcn } from "./detectors/au-acn.ts";
import { auMedicare } from "./detectors/au-medicare.ts";
import { auTfn } from "./detectors/au-tfn.ts";
import { bic } from "./detectors/bic.ts";
import { brCnpj } from "./detectors/br-cnpj.ts";
import { brCpf } from "./detectors/br-cpf.ts";
import { caSin } from "./detectors/ca-sin.ts";
import { cryptoWallet } from "./detectors/crypto-wallet.ts";
import { dateOfBirth } from "./detectors/date-of-birth.ts";
import { deHealthInsurance } from "./detectors/de-health-insurance.ts";
import { deIdCard } from "./detectors/de-id-card.ts";
import { deTaxId } from "./detectors/de-tax-id.ts";
import { domainName } from "./detectors/domain-name.ts";
import { driverLicense } from "./detectors/driver-license.ts";
import { email } from "./detectors/email.ts";
import { esNie } from "./detectors/es-nie.ts";
import { esNif } from "./detectors/es-nif.ts";
import { fiHetu } from "./detectors/fi-hetu.ts";
import { iban } from "./detectors/iban.ts";
import { inAadhaar } from "./detectors/in-aadhaar.ts";
import { inGstin } from "./detectors/in-gstin.ts";
import { inPan } from "./detectors/in-pan.ts";
import { inVoterId } from "./detectors/in-voter-id.ts";
import { ipAddress } from "./detectors/ip-address.ts";
import { itFiscalCode } from "./detectors/it-fiscal-code.ts";
import { krRrn } from "./detectors/kr-rrn.ts";
import { macAddress } from "./detectors/mac-address.ts";
import { medicalRecord } from "./detectors/medical-record.ts";
import { passport } from "./detectors/passport.ts";
import { paymentCard } from "./detectors/payment-card.ts";
import { phone } from "./detectors/phone.ts";
import { plPesel } from "./detectors/pl-pesel.ts";
import { sePersonnummer } from "./detectors/se-personnummer.ts";
import { sgNric } from "./detectors/sg-nric.ts";
import { sourceCode } from "./detectors/source-code.ts";
import { thTnin } from "./detectors/th-tnin.ts";
import { trNationalId } from "./detectors/tr-national-id.ts";
import { ukDrivingLicence } from "./detectors/uk-driving-licence.ts";
import { ukNhs } from "./detectors/uk-nhs.ts";
import { ukNino } from "./detectors/uk-nino.ts";
import { usBankAccount } from "./detectors/us-bank-account.ts";
import { usEin } from "./detectors/us-ein.ts";
import { usItin } from "./detectors/us-itin.ts";
import { usMbi } from "./detectors/us-mbi.ts";
import { usNpi } from "./detectors/us-npi.ts";
import { usRoutingNumber } from "./detectors/us-routing-number.ts";
import { usSsn } from "./detectors/us-ssn.ts";
import { vin } from "./detectors/vin.ts";
import { zaId } from "./detectors/za-id.ts";
import type { Detector } from "./kit/detector.ts";
import { SECRETS } from "./secrets.ts";

/** All built-in detectors. */
export const DETECTORS: readonly Detector[] = [
  auAbn,
  auAcn,
  auMedicare,
  auTfn,
  bic,
  brCnpj,
  brCpf,
  caSin,
  cryptoWallet,
  dateOfBirth,
  deHealthInsurance,
  deIdCard,
  deTaxId,
  domainName,
  driverLicense,
  email,
  esNie,
  esNif,
  fiHetu,
  iban,
  inAadhaar,
  inGstin,
  inPan,
  inVoterId,
  ipAddress,
  itFiscalCode,
  krRrn,
  macAddress,
  medicalRecord,
  passport,
  paymentCard,
  phone,
  plPesel,
  sePersonnummer,
  sgNric,
  sourceCode,
  thTnin,
  trNationalId,
  ukDrivingLicence,
  ukNhs,
  ukNino,
  usBankAccount,
  usEin,
  usItin,
  usMbi,
  usNpi,
  usRoutingNumber,
  usSsn,
  vin,
  zaId,
  ...SECRETS,
];

/** A group id that a rule may name in place of a detector. */
export interface DetectorGroup {
  id: string;
  title: string;
}

/** Groups of detectors, in the order the console lists them. */
export const GROUPS: readonly DetectorGroup[] = [
  { id: "credit-cards", title: "Payment cards" },
  { id: "api-secrets", title: "API keys and other secrets" },
  { id: "pii", title: "Personal data" },
  { id: "contact", title: "E-mail addresses and telephone numbers" },
  { id: "government-ids", title: "Government identity numbers" },
  { id: "financial", title: "Bank, tax and company numbers" },
  { id: "medical", title: "Medical and health insurance numbers" },
  { id: "network", title: "Network addresses" },
  { id: "vehicles", title: "Vehicle identifiers" },
  { id: "code", title: "Source code" },
  { id: "ai-keys", title: "Keys of AI services" },
  { id: "aws", title: "Amazon Web Services credentials" },
  { id: "gcp", title: "Google Cloud credentials" },
  { id: "azure", title: "Azure credentials" },
];

/** Ids of all detectors, then of all groups: what a rule's `detector` may say. */
export function detectorIds(): string[] {
  return [...DETECTORS.map((detector) => detector.id), ...GROUPS.map((group) => group.id)];
}
