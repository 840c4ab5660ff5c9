/**
 * Amazon Bedrock's Converse, spoken to providers only. Format: the types of
 * `@aws-sdk/client-bedrock-runtime` 3.1163 and docs.aws.amazon.com/bedrock/latest/APIReference
 * (Converse, ConverseStream). The model and whether to stream stand in the URL.
 */
import { asObject } from "../json.ts";
import type { UpstreamDialect } from "../types.ts";
import { openDecoder } from "./decoder.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeResponse, responseMeta } from "./response.ts";

export const bedrockConverse: UpstreamDialect = {
  id: "bedrock-converse",
  contentType: "sse",
  prepare: (body, { maxOutputTokens }) => ({
    ...body,
    inferenceConfig: { ...asObject(body["inferenceConfig"]), maxTokens: maxOutputTokens },
  }),
  encodeRequest,
  decodeResponse,
  responseMeta,
  openDecoder,
};
