/** What people and programs call a value of a type: by language, and as a field of a record. */

type Language = "en" | "de" | "fr" | "es" | "it" | "pt" | "pl";

export interface Labels {
  words: Partial<Record<Language, readonly string[]>>;
  /** Field names in snake case. */
  fields: readonly string[];
  /** The value is recognisable with no word before it. */
  bare?: boolean;
}

export const LABELS: Readonly<Record<string, Labels>> = {
  CREDIT_CARD: {
    bare: true,
    words: {
      en: ["card number", "credit card", "Visa", "debit card no.", "CC"],
      de: ["Kreditkartennummer", "Kartennummer"],
      fr: ["numéro de carte", "carte bancaire"],
      es: ["número de tarjeta", "tarjeta de crédito"],
      it: ["numero della carta", "carta di credito"],
      pt: ["número do cartão", "cartão de crédito"],
      pl: ["numer karty"],
    },
    fields: ["card_number", "cc_num", "pan", "payment_card", "credit_card"],
  },
  IBAN_CODE: {
    bare: true,
    words: {
      en: ["IBAN", "bank account", "account"],
      de: ["IBAN", "Konto"],
      fr: ["IBAN", "RIB"],
      es: ["IBAN", "cuenta"],
      it: ["IBAN", "conto"],
      pt: ["IBAN", "conta"],
      pl: ["IBAN", "numer konta"],
    },
    fields: ["iban", "bank_account_iban", "creditor_iban"],
  },
  BIC: {
    words: {
      en: ["BIC", "SWIFT code", "SWIFT", "BIC/SWIFT"],
      de: ["BIC"],
      fr: ["code BIC"],
      es: ["código SWIFT"],
      it: ["codice BIC"],
      pt: ["código SWIFT"],
      pl: ["kod BIC"],
    },
    fields: ["bic", "swift_code", "bic_code", "swift"],
  },
  EMAIL_ADDRESS: {
    bare: true,
    words: {
      en: ["email", "e-mail address"],
      de: ["E-Mail"],
      fr: ["courriel"],
      es: ["correo"],
      it: ["posta"],
      pt: ["e-mail"],
      pl: ["adres e-mail"],
    },
    fields: ["email", "user_email", "mail"],
  },
  PHONE_NUMBER: {
    words: {
      en: ["phone", "phone number", "mobile", "cell", "tel.", "contact number"],
      de: ["Telefonnummer", "Handynummer", "Tel."],
      fr: ["téléphone", "numéro de téléphone", "portable"],
      es: ["teléfono", "número de teléfono", "móvil"],
      it: ["telefono", "cellulare", "numero di telefono"],
      pt: ["telefone", "celular", "telemóvel"],
      pl: ["telefon", "numer telefonu", "tel."],
    },
    fields: ["phone", "phone_number", "mobile", "tel", "contact_phone"],
  },
  US_SSN: {
    words: {
      en: ["SSN", "social security number", "Social Security No.", "social"],
      es: ["número de seguro social"],
      fr: ["numéro de sécurité sociale"],
      de: ["Sozialversicherungsnummer"],
    },
    fields: ["ssn", "social_security_number", "ssn_number", "employee_ssn"],
  },
  US_ITIN: {
    words: { en: ["ITIN", "individual taxpayer identification number", "taxpayer ID"] },
    fields: ["itin", "taxpayer_id", "itin_number"],
  },
  US_EIN: {
    words: {
      en: ["EIN", "employer identification number", "federal tax ID", "FEIN", "employer ID number"],
    },
    fields: ["ein", "employer_id", "federal_tax_id", "fein"],
  },
  US_MBI: {
    words: { en: ["MBI", "Medicare number", "Medicare beneficiary identifier"] },
    fields: ["mbi", "medicare_number", "medicare_id"],
    bare: true,
  },
  US_BANK_NUMBER: {
    words: {
      en: [
        "bank account number",
        "account number",
        "checking account",
        "savings account number",
        "account no.",
        "acct #",
      ],
    },
    fields: ["account_number", "bank_account", "acct_no", "bank_account_number"],
  },
  ABA_ROUTING_NUMBER: {
    words: { en: ["routing number", "ABA", "routing no.", "ABA routing number", "RTN"] },
    fields: ["routing_number", "aba", "routing", "aba_routing"],
  },
  DRIVER_LICENSE: {
    words: {
      en: [
        "driver's license",
        "driver license number",
        "driving licence",
        "DL",
        "license number",
        "driver's license number",
        "DL number",
      ],
      de: ["Führerscheinnummer", "Führerschein"],
      fr: ["permis de conduire", "numéro de permis"],
      es: ["licencia de conducir", "permiso de conducir"],
      it: ["patente di guida", "numero di patente"],
      pt: ["carteira de motorista", "carta de condução"],
      pl: ["prawo jazdy"],
    },
    fields: ["driver_license", "drivers_license_number", "dl_number", "driving_licence"],
  },
  PASSPORT: {
    words: {
      en: ["passport", "passport number", "passport no.", "US passport"],
      de: ["Reisepass", "Reisepassnummer", "Passnummer"],
      fr: ["passeport", "numéro de passeport"],
      es: ["pasaporte", "número de pasaporte"],
      it: ["passaporto", "numero di passaporto"],
      pt: ["passaporte", "número do passaporte"],
      pl: ["paszport", "numer paszportu"],
    },
    fields: ["passport", "passport_number", "passport_no"],
  },
  DATE_OF_BIRTH: {
    words: {
      en: ["date of birth", "DOB", "born on", "birth date", "birthday"],
      de: ["Geburtsdatum", "geboren am"],
      fr: ["date de naissance", "né le"],
      es: ["fecha de nacimiento", "nacido el"],
      it: ["data di nascita", "nato il"],
      pt: ["data de nascimento", "nascido em"],
      pl: ["data urodzenia", "urodzony"],
    },
    fields: ["dob", "date_of_birth", "birth_date", "birthdate"],
  },
  IP_ADDRESS: {
    bare: true,
    words: {
      en: ["IP", "IP address", "host", "client IP"],
      de: ["IP-Adresse"],
      fr: ["adresse IP"],
      es: ["dirección IP"],
      it: ["indirizzo IP"],
      pt: ["endereço IP"],
      pl: ["adres IP"],
    },
    fields: ["ip", "client_ip", "remote_addr", "ip_address"],
  },
  MAC_ADDRESS: {
    bare: true,
    words: {
      en: ["MAC", "MAC address"],
      de: ["MAC-Adresse"],
      fr: ["adresse MAC"],
      es: ["dirección MAC"],
    },
    fields: ["mac", "mac_address", "hwaddr"],
  },
  VIN: {
    bare: true,
    words: {
      en: ["VIN", "vehicle identification number", "chassis number"],
      de: ["Fahrgestellnummer"],
      fr: ["numéro de châssis"],
      es: ["número de bastidor"],
      it: ["numero di telaio"],
      pt: ["chassi"],
      pl: ["numer VIN"],
    },
    fields: ["vin", "vehicle_vin", "chassis_number"],
  },
  CRYPTO: {
    bare: true,
    words: {
      en: ["wallet", "BTC address", "crypto wallet"],
      de: ["Wallet-Adresse"],
      es: ["monedero"],
    },
    fields: ["wallet", "wallet_address", "btc_address"],
  },
  IN_AADHAAR: {
    words: { en: ["Aadhaar", "Aadhaar number", "Aadhaar card no.", "UID", "UIDAI number"] },
    fields: ["aadhaar", "aadhaar_number", "uidai_no"],
  },
  IN_PAN: {
    words: { en: ["PAN", "PAN number", "permanent account number", "PAN card no."] },
    fields: ["pan", "pan_number", "pan_no"],
  },
  UK_NINO: {
    words: {
      en: ["National Insurance number", "NINO", "NI number", "NI no.", "National Insurance No"],
    },
    fields: ["nino", "ni_number", "national_insurance_number"],
    bare: true,
  },
  UK_NHS: {
    words: { en: ["NHS number", "NHS no.", "NHS", "NHS patient number"] },
    fields: ["nhs_number", "nhs_no", "nhs"],
  },
  BR_CPF: {
    words: { pt: ["CPF", "número do CPF", "CPF nº"], en: ["CPF", "CPF number"], es: ["CPF"] },
    fields: ["cpf", "cpf_number", "documento_cpf"],
  },
  CA_SIN: {
    words: {
      en: ["SIN", "social insurance number", "SIN number", "Social Insurance No."],
      fr: ["NAS", "numéro d'assurance sociale"],
    },
    fields: ["sin", "sin_number", "social_insurance_number"],
  },
  AU_TFN: {
    words: { en: ["TFN", "tax file number", "tax file no.", "ATO tax file number"] },
    fields: ["tfn", "tax_file_number", "tfn_number"],
  },
  PL_PESEL: {
    words: {
      pl: ["PESEL", "numer PESEL", "nr PESEL"],
      en: ["PESEL", "PESEL number"],
      de: ["PESEL-Nummer"],
    },
    fields: ["pesel", "pesel_number", "nr_pesel"],
  },
  DE_TAX_ID: {
    words: {
      de: [
        "Steuer-ID",
        "Steueridentifikationsnummer",
        "Steuer-Identifikationsnummer",
        "IdNr.",
        "Steuernummer",
        "steuerliche Identifikationsnummer",
      ],
      en: ["German tax ID", "tax identification number", "tax ID"],
    },
    fields: ["steuer_id", "tax_id", "steueridentifikationsnummer"],
  },
  ES_NIF: {
    words: {
      es: ["NIF", "DNI", "número de DNI", "documento de identidad"],
      en: ["Spanish NIF", "DNI number"],
    },
    fields: ["nif", "dni", "numero_dni"],
    bare: true,
  },
};
