/**
 * Replicate: a prediction is asked for, and waited for. A whole answer is awaited in the same call
 * (`Prefer: wait=5`, seconds) and then asked for until it is over; a stream is at an address
 * that the prediction names, and so is the end of one that nobody waits for any more. Source: replicate.com/docs/reference/http and the package `replicate`
 * 1.4.0.
 */
import { bearer, httpProvider } from "./http-provider.ts";
import { asObject, asString } from "./json.ts";
import type { Followed, JsonObject } from "./types.ts";

const HOST = "replicate.com";

export const replicate = httpProvider({
  id: "replicate",
  title: "Replicate",
  dialect: "replicate-predictions",
  defaultBaseUrl: `https://api.${HOST}/v1`,
  secretName: "REPLICATE_API_TOKEN",
  path: ({ model }) =>
    `/models/${model.split("/").slice(0, 2).map(encodeURIComponent).join("/")}/predictions`,
  auth: bearer,
  forward: ["prefer", "cancel-after"],
  // Until it answers nobody knows where to cancel, so it is not waited for to the end.
  chatHeaders: { prefer: "wait=5" },
  follow,
});

/** Where a prediction goes on; only Replicate's own addresses are ever called for it. */
function follow(prediction: JsonObject, to: { baseUrl: string; stream: boolean }): Followed {
  const status = asString(prediction["status"]);
  if (status === "failed" || status === "canceled" || status === "aborted") {
    return { error: asString(prediction["error"]) ?? `the prediction was ${status}` };
  }
  const urls = asObject(prediction["urls"]);
  const url = asString(urls?.[to.stream ? "stream" : "get"]);
  if (!to.stream && (status === "succeeded" || status === undefined)) return { done: true };
  if (url === undefined) {
    return { error: to.stream ? "this model has no streams" : "the prediction has no address" };
  }
  if (!isOwn(url, to.baseUrl))
    return { error: "the prediction is at an address of somebody else's" };
  const cancel = asString(urls?.["cancel"]);
  return cancel !== undefined && isOwn(cancel, to.baseUrl) ? { url, cancel } : { url };
}

function isOwn(url: string, baseUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin } = new URL(url);
  if (origin === new URL(baseUrl).origin) return true;
  return protocol === "https:" && hostname.endsWith(`.${HOST}`);
}
