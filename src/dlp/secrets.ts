/** Every detector of a secret, by service. */
import type { Detector } from "./kit/detector.ts";
import { adobeSecret } from "./secrets/adobe-secret.ts";
import { ageKey } from "./secrets/age-key.ts";
import { airtableToken } from "./secrets/airtable-token.ts";
import { alibabaKey } from "./secrets/alibaba-key.ts";
import { anthropicKey } from "./secrets/anthropic-key.ts";
import { artifactoryToken } from "./secrets/artifactory-token.ts";
import { atlassianToken } from "./secrets/atlassian-token.ts";
import { authorizationHeader } from "./secrets/authorization-header.ts";
import { authressKey } from "./secrets/authress-key.ts";
import { awsAccessKey } from "./secrets/aws-access-key.ts";
import { awsBedrockKey } from "./secrets/aws-bedrock-key.ts";
import { awsSecret } from "./secrets/aws-secret.ts";
import { azureClientSecret } from "./secrets/azure-client-secret.ts";
import { azureStorageKey } from "./secrets/azure-storage-key.ts";
import { clickhouseKey } from "./secrets/clickhouse-key.ts";
import { clojarsToken } from "./secrets/clojars-token.ts";
import { cloudflareToken } from "./secrets/cloudflare-token.ts";
import { connectionString } from "./secrets/connection-string.ts";
import { contentfulToken } from "./secrets/contentful-token.ts";
import { cratesioToken } from "./secrets/cratesio-token.ts";
import { databricksToken } from "./secrets/databricks-token.ts";
import { definedNetworkingToken } from "./secrets/defined-networking-token.ts";
import { digitaloceanToken } from "./secrets/digitalocean-token.ts";
import { discordToken } from "./secrets/discord-token.ts";
import { dockerToken } from "./secrets/docker-token.ts";
import { dopplerToken } from "./secrets/doppler-token.ts";
import { dropboxToken } from "./secrets/dropbox-token.ts";
import { duffelToken } from "./secrets/duffel-token.ts";
import { dynatraceToken } from "./secrets/dynatrace-token.ts";
import { easypostKey } from "./secrets/easypost-key.ts";
import { facebookAppToken } from "./secrets/facebook-app-token.ts";
import { facebookToken } from "./secrets/facebook-token.ts";
import { figmaToken } from "./secrets/figma-token.ts";
import { flutterwaveKey } from "./secrets/flutterwave-key.ts";
import { flyioToken } from "./secrets/flyio-token.ts";
import { frameioToken } from "./secrets/frameio-token.ts";
import { gcpServiceAccount } from "./secrets/gcp-service-account.ts";
import { genericSecret } from "./secrets/generic-secret.ts";
import { githubToken } from "./secrets/github-token.ts";
import { gitlabToken } from "./secrets/gitlab-token.ts";
import { googleApiKey } from "./secrets/google-api-key.ts";
import { grafanaToken } from "./secrets/grafana-token.ts";
import { groqKey } from "./secrets/groq-key.ts";
import { harnessToken } from "./secrets/harness-token.ts";
import { herokuKey } from "./secrets/heroku-key.ts";
import { huggingfaceToken } from "./secrets/huggingface-token.ts";
import { infracostToken } from "./secrets/infracost-token.ts";
import { intra42Secret } from "./secrets/intra42-secret.ts";
import { jwt } from "./secrets/jwt.ts";
import { langchainKey } from "./secrets/langchain-key.ts";
import { linearKey } from "./secrets/linear-key.ts";
import { lobKey } from "./secrets/lob-key.ts";
import { mailchimpKey } from "./secrets/mailchimp-key.ts";
import { mailgunKey } from "./secrets/mailgun-key.ts";
import { mapboxToken } from "./secrets/mapbox-token.ts";
import { maxmindKey } from "./secrets/maxmind-key.ts";
import { newrelicKey } from "./secrets/newrelic-key.ts";
import { notionToken } from "./secrets/notion-token.ts";
import { npmToken } from "./secrets/npm-token.ts";
import { octopusKey } from "./secrets/octopus-key.ts";
import { oktaToken } from "./secrets/okta-token.ts";
import { onepasswordToken } from "./secrets/onepassword-token.ts";
import { openaiKey } from "./secrets/openai-key.ts";
import { openrouterKey } from "./secrets/openrouter-key.ts";
import { openshiftToken } from "./secrets/openshift-token.ts";
import { perplexityKey } from "./secrets/perplexity-key.ts";
import { plaidToken } from "./secrets/plaid-token.ts";
import { planetscaleToken } from "./secrets/planetscale-token.ts";
import { postmanKey } from "./secrets/postman-key.ts";
import { prefectToken } from "./secrets/prefect-token.ts";
import { privateKey } from "./secrets/private-key.ts";
import { pulumiToken } from "./secrets/pulumi-token.ts";
import { pypiToken } from "./secrets/pypi-token.ts";
import { readmeKey } from "./secrets/readme-key.ts";
import { replicateKey } from "./secrets/replicate-key.ts";
import { rubygemsToken } from "./secrets/rubygems-token.ts";
import { scalingoToken } from "./secrets/scalingo-token.ts";
import { sendgridKey } from "./secrets/sendgrid-key.ts";
import { sendinblueKey } from "./secrets/sendinblue-key.ts";
import { sentryToken } from "./secrets/sentry-token.ts";
import { serviceSecret } from "./secrets/service-secret.ts";
import { settlemintToken } from "./secrets/settlemint-token.ts";
import { shippoToken } from "./secrets/shippo-token.ts";
import { shopifyToken } from "./secrets/shopify-token.ts";
import { slackToken } from "./secrets/slack-token.ts";
import { slackWebhook } from "./secrets/slack-webhook.ts";
import { sourcegraphToken } from "./secrets/sourcegraph-token.ts";
import { squareToken } from "./secrets/square-token.ts";
import { stripeKey } from "./secrets/stripe-key.ts";
import { supabaseKey } from "./secrets/supabase-key.ts";
import { tailscaleKey } from "./secrets/tailscale-key.ts";
import { telegramToken } from "./secrets/telegram-token.ts";
import { terraformToken } from "./secrets/terraform-token.ts";
import { twilioKey } from "./secrets/twilio-key.ts";
import { typeformToken } from "./secrets/typeform-token.ts";
import { vaultToken } from "./secrets/vault-token.ts";
import { vercelToken } from "./secrets/vercel-token.ts";
import { xaiKey } from "./secrets/xai-key.ts";
import { yandexToken } from "./secrets/yandex-token.ts";

export const SECRETS: readonly Detector[] = [
  adobeSecret,
  ageKey,
  airtableToken,
  alibabaKey,
  anthropicKey,
  artifactoryToken,
  atlassianToken,
  authorizationHeader,
  authressKey,
  awsAccessKey,
  awsBedrockKey,
  awsSecret,
  azureClientSecret,
  azureStorageKey,
  clickhouseKey,
  clojarsToken,
  cloudflareToken,
  connectionString,
  contentfulToken,
  cratesioToken,
  databricksToken,
  definedNetworkingToken,
  digitaloceanToken,
  discordToken,
  dockerToken,
  dopplerToken,
  dropboxToken,
  duffelToken,
  dynatraceToken,
  easypostKey,
  facebookAppToken,
  facebookToken,
  figmaToken,
  flutterwaveKey,
  flyioToken,
  frameioToken,
  gcpServiceAccount,
  genericSecret,
  githubToken,
  gitlabToken,
  googleApiKey,
  grafanaToken,
  groqKey,
  harnessToken,
  herokuKey,
  huggingfaceToken,
  infracostToken,
  intra42Secret,
  jwt,
  langchainKey,
  linearKey,
  lobKey,
  mailchimpKey,
  mailgunKey,
  mapboxToken,
  maxmindKey,
  newrelicKey,
  notionToken,
  npmToken,
  octopusKey,
  oktaToken,
  onepasswordToken,
  openaiKey,
  openrouterKey,
  openshiftToken,
  perplexityKey,
  plaidToken,
  planetscaleToken,
  postmanKey,
  prefectToken,
  privateKey,
  pulumiToken,
  pypiToken,
  readmeKey,
  replicateKey,
  rubygemsToken,
  scalingoToken,
  sendgridKey,
  sendinblueKey,
  sentryToken,
  serviceSecret,
  settlemintToken,
  shippoToken,
  shopifyToken,
  slackToken,
  slackWebhook,
  sourcegraphToken,
  squareToken,
  stripeKey,
  supabaseKey,
  tailscaleKey,
  telegramToken,
  terraformToken,
  twilioKey,
  typeformToken,
  vaultToken,
  vercelToken,
  xaiKey,
  yandexToken,
];
