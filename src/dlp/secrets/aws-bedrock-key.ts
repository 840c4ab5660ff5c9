/** Amazon Bedrock API key. */
import { tokenDetector } from "../kit/token.ts";

export const awsBedrockKey = tokenDetector({
  id: "aws-bedrock-key",
  title: "Amazon Bedrock API key",
  groups: ["aws"],
  prefixes: ["ABSK", "bedrock-api-key-"],
  extra: "_-+/=",
  pattern:
    /^(?:ABSK[A-Za-z0-9+/]{80,300}={0,2}|bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=_.%&-]{0,400})/,
});
