/** An AWS access key as a secret holds it: JSON in the words of AWS's own files. */
import { asString, parseObject } from "./json.ts";

export interface AwsKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Where the address does not name one. */
  region?: string;
}

/** The access key in a credential; `undefined` for one that is not a key of this form. */
export function readAwsKey(credential: string): AwsKey | undefined {
  const body = credential.trimStart().startsWith("{") ? parseObject(credential) : undefined;
  const accessKeyId = asString(body?.["accessKeyId"]);
  const secretAccessKey = asString(body?.["secretAccessKey"]);
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const key: AwsKey = { accessKeyId, secretAccessKey };
  const sessionToken = asString(body?.["sessionToken"]);
  const region = asString(body?.["region"]);
  if (sessionToken !== undefined) key.sessionToken = sessionToken;
  if (region !== undefined) key.region = region;
  return key;
}
