/** What is wrong with a document's routes, beyond their shape. */
import type { PolicyDocument } from "./document.ts";
import type { PolicyProblem } from "./validate.ts";

/** Headers that hold secrets: a rule on one would write a secret into the policy. */
const CREDENTIALS = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "x-api-key",
  "x-goog-api-key",
  "api-key",
  "cf-aig-authorization",
  "x-tallygate-key",
  "cf-access-jwt-assertion",
]);

export function routeProblems({ routes = [], providers }: PolicyDocument): PolicyProblem[] {
  return routes.flatMap(({ when, candidates, balance }, index) => {
    const at = `routes[${index}]`;
    const problems: PolicyProblem[] = [];
    for (const [place, { provider }] of candidates.entries()) {
      if (Object.hasOwn(providers, provider)) continue;
      const path = `${at}.candidates[${place}].provider`;
      problems.push({ path, message: `there is no provider "${provider}"` });
    }
    for (const name of Object.keys(when.headers ?? {})) {
      const path = `${at}.when.headers.${name}`;
      if (CREDENTIALS.has(name.toLowerCase())) {
        problems.push({ path, message: `"${name}" carries credentials; name a key or a member` });
      } else if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
        problems.push({ path, message: `"${name}" is no header name in lower case` });
      }
    }
    if (balance === "weight" && candidates.every(({ weight }) => weight === 0)) {
      problems.push({ path: `${at}.candidates`, message: "no candidate has a weight over 0" });
    }
    return problems;
  });
}
