/**
 * Replicate: a prediction is asked for, and waited for. A whole answer is awaited in the same call
 * (`Prefer: wait=5`, seconds) and then asked for until it is over; a stream is at an address
 * that the prediction names, and so is the end of one that nobody waits for any more. What its own
 * address answers names further addresses, which become the gateway's. Source:
 * replicate.com/docs/reference/http and the package `replicate` 1.4.0.
 */
import { bearer, httpProvider } from "./http-provider.ts";
import { asObject, asString, objectsIn } from "./json.ts";
import type { Followed, JsonObject, Relink, Unsupported } from "./types.ts";

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
  relink,
  sendsPast,
  runLimit: "cancel-after",
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

/**
 * Addresses of predictions, alone or in a list with its other pages, become the gateway's. Who reads
 * the stream sends no key, so its address has one in it. The page for people goes.
 */
function relink(answer: JsonObject, to: Relink): void {
  for (const page of ["next", "previous"]) relinkMember(answer, page, to);
  for (const prediction of [answer, ...objectsIn(answer["results"])]) {
    const urls = asObject(prediction["urls"]);
    if (urls === undefined) continue;
    for (const name of ["get", "cancel"]) relinkMember(urls, name, to);
    delete urls["web"];
    if (urls["stream"] === undefined) continue;
    const id = asString(prediction["id"]) ?? "";
    const url = `${to.base}predictions/${encodeURIComponent(id)}/stream`;
    urls["stream"] = `${url}?key=${to.keyFor(url)}`;
  }
}

function relinkMember(holder: JsonObject, name: string, { baseUrl, base }: Relink): void {
  const url = asString(holder[name]);
  if (url === undefined) return;
  for (const own of [`${baseUrl.replace(/\/+$/, "")}/`, `https://api.${HOST}/v1/`]) {
    if (url.startsWith(own)) holder[name] = base + url.slice(own.length);
  }
}

/** What Replicate calls when a prediction is over is told the answer, past the gateway. */
function sendsPast(body: JsonObject): Unsupported | undefined {
  if (body["webhook"] === undefined || body["webhook"] === null) return undefined;
  return {
    field: "webhook",
    message: "it would be sent the answer past the rules that scan answers; ask for the prediction",
  };
}
