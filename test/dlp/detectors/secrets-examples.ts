/**
 * What each detector of secrets must find. Values are drawn here from their shapes, so that no
 * scanner of repositories mistakes this file for a leak.
 */
import type { DetectorExamples } from "../../support/describe-detector.ts";

let state = 42;

function draw(alphabet: string, length: number): string {
  let out = "";
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out += alphabet[(state >>> 8) % alphabet.length] ?? "";
  }
  return out;
}

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const hex = (length: number): string => draw("0123456789abcdef", length);
const upper = (length: number): string => draw(LOWER.toUpperCase() + DIGITS, length);
const small = (length: number): string => draw(LOWER + DIGITS, length);
const mixed = (length: number): string => draw(LOWER + LOWER.toUpperCase() + DIGITS, length);

/** A value in the contexts values stand in. */
function shown(value: string, misses: readonly string[] = []): DetectorExamples {
  return {
    hits: [`what is «${value}» ?`, `x = "«${value}»"\n`, `- value: «${value}»`, `foo(«${value}»)`],
    misses,
  };
}

const uuid = (): string => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`;
const pem = (kind: string): string =>
  `-----BEGIN ${kind}-----\n${mixed(64)}\n${mixed(64)}\n${mixed(22)}==\n-----END ${kind}-----`;

export const SECRET_EXAMPLES: Readonly<Record<string, DetectorExamples>> = {
  "aws-access-key": shown(`AKIA${upper(16)}`, [
    "AKIAIOSFODNN7EXAMPLE",
    "AKIA is the prefix",
    `AKIA${upper(20)}`,
  ]),
  "aws-bedrock-key": shown(`ABSK${mixed(120)}`),
  "aws-secret": {
    hits: [`AWS_SECRET_ACCESS_KEY=«${mixed(40)}»`, `"SecretAccessKey": "«${mixed(40)}»"`],
    misses: ["aws_secret_access_key = YOUR_SECRET_KEY", `commit = ${hex(40)}`],
  },
  "openai-key": shown(`sk-proj-${mixed(60)}`, [
    `sk-${"x".repeat(32)}`,
    "sk-your-key-here",
    "task-management-system-for-everyone-here",
  ]),
  "anthropic-key": shown(`sk-ant-api03-${mixed(93)}AA`, ["sk-ant-api03-your-key"]),
  "openrouter-key": shown(`sk-or-v1-${hex(64)}`),
  "langchain-key": shown(`lsv2_pt_${hex(32)}_${hex(10)}`),
  "groq-key": shown(`gsk_${mixed(52)}`, ["gsk_abc"]),
  "xai-key": shown(`xai-${mixed(80)}`),
  "replicate-key": shown(`r8_${mixed(37)}`),
  "perplexity-key": shown(`pplx-${mixed(48)}`),
  "huggingface-token": shown(`hf_${mixed(34)}`),
  "github-token": shown(`ghp_${mixed(36)}`, [
    "ghp_ is the prefix of classic tokens",
    `ghp_${"x".repeat(36)}`,
  ]),
  "gitlab-token": shown(`glpat-${mixed(20)}`),
  "slack-token": shown(`xoxb-${draw(DIGITS, 12)}-${draw(DIGITS, 12)}-${mixed(24)}`),
  "slack-webhook": shown(`hooks.slack.com/services/T${upper(8)}/B${upper(8)}/${mixed(24)}`),
  "stripe-key": shown(`sk_live_${mixed(24)}`, [`pk_live_${mixed(24)}`]),
  "google-api-key": shown(`AIza${mixed(35)}`),
  "gcp-service-account": {
    hits: [`{«"type": "service_account", "private_key_id": "${hex(40)}", "private_key": "x"»}`],
    misses: ['{"type": "service_account", "project": "demo"}', '{"type": "user"}'],
  },
  "azure-client-secret": shown(`${mixed(3)}8Q~${mixed(34)}`),
  "azure-storage-key": shown(
    `DefaultEndpointsProtocol=https;AccountName=demo;AccountKey=${mixed(86)}==`,
  ),
  "npm-token": shown(`npm_${mixed(36)}`),
  "pypi-token": shown(`pypi-AgEIcHlwaS5vcmc${mixed(70)}`),
  "rubygems-token": shown(`rubygems_${hex(48)}`),
  "clojars-token": shown(`CLOJARS_${small(60)}`),
  "cratesio-token": shown(`cio${mixed(32)}`),
  "twilio-key": shown(`SK${hex(32)}`),
  "sendgrid-key": shown(`SG.${mixed(22)}.${mixed(43)}`),
  "sendinblue-key": shown(`xkeysib-${hex(64)}-${small(16)}`),
  "mailgun-key": shown(`key-${hex(32)}`),
  "mailchimp-key": shown(`${hex(32)}-us12`),
  "digitalocean-token": shown(`dop_v1_${hex(64)}`),
  "databricks-token": shown(`dapi${hex(32)}`),
  "doppler-token": shown(`dp.pt.${small(43)}`),
  "dynatrace-token": shown(`dt0c01.${upper(24)}.${upper(64)}`),
  "duffel-token": shown(`duffel_test_${mixed(43)}`),
  "easypost-key": shown(`EZAK${mixed(54)}`),
  "facebook-token": shown(`EAAC${mixed(110)}`),
  "facebook-app-token": shown(`${draw("123456789", 15)}|${mixed(27)}`, ["| a | b |"]),
  "flutterwave-key": shown(`FLWSECK_TEST-${hex(32)}-X`),
  "flyio-token": shown(`fo1_${mixed(43)}`),
  "frameio-token": shown(`fio-u-${mixed(64)}`),
  "grafana-token": shown(`glsa_${mixed(32)}_${hex(8)}`),
  "harness-token": shown(`pat.${mixed(22)}.${hex(24)}.${mixed(20)}`),
  "terraform-token": shown(`${small(14)}.atlasv1.${mixed(64)}`),
  "vault-token": shown(`hvs.${mixed(90)}`),
  "heroku-key": shown(`HRKU-AA${mixed(58)}`),
  "infracost-token": shown(`ico-${mixed(32)}`),
  "intra42-secret": shown(`s-s4t2ud-${hex(64)}`),
  "linear-key": shown(`lin_api_${mixed(40)}`),
  "lob-key": shown(`live_${hex(35)}`),
  "maxmind-key": shown(`${mixed(6)}_${mixed(29)}_mmk`),
  "newrelic-key": shown(`NRAK-${upper(27)}`),
  "notion-token": shown(`ntn_${draw(DIGITS, 11)}${mixed(35)}`),
  "octopus-key": shown(`API-${upper(26)}`),
  "okta-token": { hits: [], misses: [`00${mixed(40)}`] },
  "onepassword-token": shown(`A3-${upper(6)}-${upper(11)}-${upper(5)}-${upper(5)}-${upper(5)}`),
  "openshift-token": shown(`sha256~${mixed(43)}`),
  "plaid-token": shown(`access-sandbox-${uuid()}`),
  "planetscale-token": shown(`pscale_tkn_${mixed(43)}`),
  "postman-key": shown(`PMAK-${hex(24)}-${hex(34)}`),
  "prefect-token": shown(`pnu_${small(36)}`),
  "pulumi-token": shown(`pul-${hex(40)}`),
  "readme-key": shown(`rdme_${small(70)}`),
  "scalingo-token": shown(`tk-us-${mixed(48)}`),
  "sentry-token": shown(`sntryu_${hex(64)}`),
  "settlemint-token": shown(`sm_pat_${mixed(16)}`),
  "shippo-token": shown(`shippo_live_${hex(40)}`),
  "shopify-token": shown(`shpat_${hex(32)}`),
  "sourcegraph-token": shown(`sgp_${hex(40)}`),
  "square-token": shown(`sq0atp-${mixed(22)}`),
  "supabase-key": shown(`sbp_${hex(40)}`),
  "tailscale-key": shown(`tskey-auth-${mixed(12)}CNTRL-${mixed(32)}`),
  "telegram-token": shown(`${draw("123456789", 9)}:A${mixed(34)}`),
  "typeform-token": shown(`tfp_${mixed(59)}`),
  "vercel-token": shown(`vcp_${mixed(56)}`, ["vcp_abc"]),
  "yandex-token": shown(`AQVN${mixed(37)}`),
  "adobe-secret": shown(`p8e-${small(32)}`),
  "age-key": shown(`AGE-SECRET-KEY-1${upper(58)}`),
  "airtable-token": shown(`pat${mixed(14)}.${hex(64)}`),
  "alibaba-key": shown(`LTAI${mixed(20)}`),
  "artifactory-token": shown(`AKCp${mixed(69)}`),
  "atlassian-token": shown(`ATBB${mixed(32)}`),
  "authress-key": shown(`sc_${small(12)}.${small(4)}.acc_${small(16)}.${mixed(40)}`),
  "clickhouse-key": shown(`4b1d${mixed(38)}`),
  "cloudflare-token": shown(`v1.0-${hex(24)}-${hex(146)}`),
  "contentful-token": shown(`CFPAT-${mixed(43)}`),
  "defined-networking-token": shown(`dnkey-${small(26)}-${small(52)}`),
  "discord-token": shown(`MT${mixed(22)}.${mixed(6)}.${mixed(38)}`),
  "docker-token": shown(`dckr_pat_${mixed(27)}`),
  "dropbox-token": shown(`sl.${mixed(130)}`),
  "figma-token": shown(`figd_${mixed(40)}`),
  "mapbox-token": shown(`pk.${mixed(60)}.${mixed(22)}`),
  jwt: shown(`eyJ${mixed(33)}.eyJ${mixed(60)}.${mixed(43)}`, ["eyJ is how they begin"]),
  "private-key": {
    hits: [
      `key:\n«${pem("RSA PRIVATE KEY")}»\nbye`,
      `«${pem("OPENSSH PRIVATE KEY")}»`,
      `cut «-----BEGIN PRIVATE KEY-----\n${mixed(64)}\n${mixed(64)}»`,
    ],
    misses: [pem("PUBLIC KEY"), pem("CERTIFICATE"), "-----BEGIN PRIVATE KEY----- is the header"],
  },
  "connection-string": {
    hits: [
      `DATABASE_URL=«postgres://app:${mixed(18)}@db.example.com:5432/prod»`,
      `clone «https://svc:${mixed(16)}@git.example.com/repo.git» now`,
    ],
    misses: [
      "https://example.com/a",
      "mongodb://username:password@localhost:27017/db",
      "postgres://u:${DB_PASSWORD}@host/db",
    ],
  },
  "authorization-header": {
    hits: [
      `Authorization: Bearer «${mixed(32)}»`,
      `curl -H "Authorization: token «${hex(40)}»" https://api.example.com`,
      `headers = {"Authorization": "ApiKey «${mixed(32)}»"}`,
      `authorization=«${hex(32)}»\n`,
      `Authorization: Token token=«${mixed(24)}»`,
      `curl -u «ops:Xk9${mixed(12)}» https://ci.example.com`,
      `curl --user "«build:Xk9${mixed(12)}»" -O https://ci.example.com/a`,
    ],
    misses: [
      "Bearer <token>",
      "basic understanding of things",
      "bearer of good news 2024",
      "Authorization: token YOUR_TOKEN_123456",
      "authorization, token and refresh flows of OAuth2",
      "authorization: user must sign in before 2024-01-01",
      "docker run -u 1000:1000 alpine",
      "docker run -u app:staff alpine",
      "curl -u user:password https://example.com",
      "curl -u $USER:$API_TOKEN_2 https://example.com",
      "set -u foo: bar",
    ],
  },
  "generic-secret": {
    hits: [
      `API_KEY=«${mixed(32)}»`,
      `senha=«Xk9${mixed(9)}»`,
      `"password": "«Xk9${mixed(9)}»"`,
      `client_secret: '«${mixed(30)}»'`,
      `contraseña: «Xk9${mixed(7)}»`,
      `HASŁO=«Xk9${mixed(9)}»`,
      `mot de passe : «Xk9!${mixed(6)}»`,
      `le mot de passe est «Xk9${mixed(9)}».`,
      `Das Passwort ist «Xk9${mixed(9)}»`,
      `пароль: «Xk9${mixed(9)}»`,
      `db_lösenord = "«Xk9${mixed(9)}»"`,
      `密码: «Xk9${mixed(7)}»`,
      `パスワード：«Xk9${mixed(9)}»`,
      `API-Schlüssel: «${mixed(30)}»`,
    ],
    misses: [
      "contraseña: obligatoria",
      "Das Passwort ist abgelaufen",
      "le mot de passe est obligatoire ici",
      "Größe: 1200x800px",
      "密码: 至少八个字符",
      "型号: Xk93kd92ks",
      "température: 23.5°C-25.0°C",
      "API_KEY=<your-api-key>",
      'password: "${DB_PASSWORD}"',
      "const apiKey = process.env.API_KEY;",
      "max_tokens: 4096",
      "key: foreign_key_constraint",
      `"checksum": "${hex(64)}"`,
      "token: ${{ secrets.GITHUB_TOKEN }}",
    ],
  },
  "service-secret": {
    hits: [
      `TWITTER_PROD=«${small(25)}»`,
      `<add key="heroku_prod" value="«${uuid()}»" />`,
      `My fastly_id is «${small(32)}» , why`,
    ],
    misses: [
      `id=${uuid()}`,
      "twitter: https://twitter.com/someone12345",
      "heroku_app=my-first-application",
    ],
  },
};
