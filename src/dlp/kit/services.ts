/** Services whose keys are told by the name that they are assigned to. */
import { maybeBegins, tellByBeginnings } from "./names.ts";
import type { Spelled } from "./spelled.ts";

const HYPHEN = 45;
const FULL_STOP = 46;
const UNDERSCORE = 95;

/** Names of services whose keys have no shape of their own: a value is believed by this name. */
const SERVICES =
  "activecampaign adafruit adobe airbrake airtable algolia alchemy alibaba aliyun amplitude appcenter asana atlassian " +
  "auth0 bamboo beamer bitbucket bitfinex bitly bittrex binance braintree browserstack bugsnag buildkite bundle_enterprise " +
  "calendly checkout circleci cisco clearbit clickup cloudant cloudflare cloudinary codacy codecov codeclimate cohere coinbase " +
  "confluence confluent consul contentful contribsys coveralls datadog deepgram deepseek discord dnkey docusign drone droneci " +
  "dropbox duo elastic elevenlabs etherscan etsy eventbrite facebook fastly finicity finnhub firebase flickr foursquare " +
  "freshbooks freshdesk gitter gocardless google grafana gumroad heroku hubspot infura instagram intercom ipinfo jfrog jira " +
  "jumpcloud kraken kucoin launchdarkly linear linkedin live lob logdna looker loggly lokalise mailchimp mailgun mailjet mapbox " +
  "mattermost maxmind meraki messagebird microsoft mistral mixpanel monday moralis mux netlify newrelic new_relic new nexmo " +
  "nrak npm nytimes okta onelogin opsgenie optimizely pagerduty paypal pinata pinecone pingdom pivotal plaid polygon postmark " +
  "privateai pusher rapidapi razorpay recaptcha reddit redis rollbar salesforce segment sendbird sendgrid sentry shodan " +
  "sidekiq sinch snowflake snyk sonar sonarqube sonarcloud spotify splunk squarespace stability strava sumo sumologic supabase " +
  "surge telegr telegram test tfp trello travis travisci twilio twitch twitter typeform unsplash uploadcare vercel vonage " +
  "webex weaviate wechat wepay yandex yelp zapier zendesk zoom zuora";

const KNOWN = SERVICES.split(" ");
tellByBeginnings(KNOWN);

/** By sum of its codes: the services that have it, so that a name is compared with one of them at most. */
const SUMS_BITS = 10;
const BY_SUM = bySum(KNOWN);

function bySum(names: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const places = new Map<number, string[]>();
  for (const name of names) {
    let sum = 0;
    for (let i = 0; i < name.length; i += 1) sum = addTo(sum, name.charCodeAt(i));
    const place = placeOf(sum);
    places.set(place, [...(places.get(place) ?? []), name]);
  }
  return places;
}

function addTo(sum: number, code: number): number {
  return (Math.imul(sum, 31) + code) | 0;
}

function placeOf(sum: number): number {
  return Math.imul(sum, 0x9e3779b1) >>> (32 - SUMS_BITS);
}

/** Whether a name begins with a service ("twitter", "okta_token", "live__key"). */
export function namesService(name: Spelled): boolean {
  if (!maybeBegins(name)) return false;
  const { codes, length } = name;
  let sum = 0;
  for (let end = 0; end <= length; end += 1) {
    const code = end < length ? (codes[end] ?? 0) : UNDERSCORE;
    if (code === UNDERSCORE || code === FULL_STOP || code === HYPHEN)
      for (const service of BY_SUM.get(placeOf(sum)) ?? [])
        if (service.length === end && name.has(service, 0)) return true;
    sum = addTo(sum, code);
  }
  return false;
}
