/** The console's pages by their addresses. */

export const BASE = "/console/";
export const LINK = "/session/link";

export const pageNames = [
  "overview",
  "requests",
  "budgets",
  "policy",
  "members",
  "audit",
  "providers",
] as const;
export type PageName = (typeof pageNames)[number];

/** What an address asks for. `rest` is what follows the page's name: a request's id. */
export type Place =
  | { kind: "page"; page: PageName; rest: string | undefined }
  | { kind: "link" }
  | { kind: "nowhere" };

/** Reads a path of the console. */
export function placeOf(path: string): Place {
  if (path === LINK) return { kind: "link" };
  if (path === BASE.slice(0, -1)) return { kind: "page", page: "overview", rest: undefined };
  if (!path.startsWith(BASE)) return { kind: "nowhere" };
  const [name = "", rest, ...more] = path.slice(BASE.length).split("/");
  if (name === "") return { kind: "page", page: "overview", rest: undefined };
  const page = pageNames.find((known) => known === name);
  if (page === undefined || more.length > 0) return { kind: "nowhere" };
  return { kind: "page", page, rest: rest ? decodeURIComponent(rest) : undefined };
}

/** The path of a page. */
export function pathOf(page: PageName, rest?: string): string {
  const name = page === "overview" ? "" : page;
  return `${BASE}${name}${rest === undefined ? "" : `/${encodeURIComponent(rest)}`}`;
}

/** The pages that a role may see: what the server would refuse is not offered. */
export function pagesFor(role: "admin" | "auditor" | "member"): PageName[] {
  return role === "member" ? ["overview", "requests"] : [...pageNames];
}
