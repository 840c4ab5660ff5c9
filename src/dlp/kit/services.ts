/** Services whose keys are told by the name that they are assigned to. */
import { maybeBegins, tellByBeginnings } from "./names.ts";

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

const KNOWN = new Set(SERVICES.split(" "));
tellByBeginnings([...KNOWN]);

/** Whether a lower-case name begins with a service ("twitter", "okta_token", "live__key"). */
export function namesService(name: string): boolean {
  if (!maybeBegins(name)) return false;
  for (let end = 1; end < name.length; end += 1) {
    const code = name.charCodeAt(end);
    if (code !== 95 && code !== 46 && code !== 45) continue;
    if (KNOWN.has(name.slice(0, end))) return true;
  }
  return KNOWN.has(name);
}
