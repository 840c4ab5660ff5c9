/**
 * Where a path that leads nowhere was meant to lead: clients join a base URL and a path of their
 * own, so a slash or `/v1` is there twice, or not at all. For the sentence and the dialect of a
 * refusal, never for an answer: what is served is only what stands in the addresses.
 */
import { fixedTarget } from "./addresses.ts";

/** Words that stand for an address of another name, or of an API that is not spoken. */
const MEANT: Readonly<Record<string, string>> = {
  chat: "chat/completions",
  "chat/completion": "chat/completions",
  complete: "messages",
  completion: "chat/completions",
  completions: "chat/completions",
  embedding: "embeddings",
  message: "messages",
  model: "models",
  response: "responses",
};

/** The address that a path was meant for, as in `/v1/messages`; `undefined` when none is near. */
export function nearbyAddress(pathname: string): string | undefined {
  const bare = decoded(pathname)
    .toLowerCase()
    .replaceAll(/[\s\0]+/g, "")
    .split("/")
    .filter((segment) => segment !== "")
    .join("/");
  const rest = bare.replace(/^(?:v1\/)+/, "");
  const meant = Object.hasOwn(MEANT, rest) ? MEANT[rest] : rest;
  return [bare, `v1/${meant}`, rest].find(isAddress)?.replace(/^/, "/");
}

function isAddress(path: string): boolean {
  return path === "v1/models" || fixedTarget("POST", path, "")?.endpoint !== undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
