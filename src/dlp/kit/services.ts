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

/** Whether a lower-case name begins with a service ("twitter", "okta_token", "live__key"). */
export function namesService(name: string): boolean {
  for (let end = name.search(/[_.-]/); end > 0;) {
    if (KNOWN.has(name.slice(0, end))) return true;
    const next = name.slice(end + 1).search(/[_.-]/);
    if (next < 0) break;
    end += next + 1;
  }
  return KNOWN.has(name);
}
