/**
 * Amazon Bedrock: its Converse API, one form for every model there. The credential is a Bedrock API
 * key, or an access key as JSON (`accessKeyId`, `secretAccessKey`, perhaps `sessionToken`), with
 * which the edge signs the call. The region stands in the base URL.
 */
import { bearer, httpProvider } from "./http-provider.ts";
import { readAwsKey } from "./aws-key.ts";

export const bedrock = httpProvider({
  id: "bedrock",
  title: "Amazon Bedrock",
  dialect: "bedrock-converse",
  defaultBaseUrl: "https://bedrock-runtime.us-east-1.amazonaws.com",
  secretName: "BEDROCK_CREDENTIALS",
  framing: "aws-eventstream",
  signing: "aws-sigv4",
  path: ({ model, stream }) =>
    `/model/${encodeURIComponent(model)}/${stream ? "converse-stream" : "converse"}`,
  auth: (credential) => (readAwsKey(credential) === undefined ? bearer(credential) : {}),
});
