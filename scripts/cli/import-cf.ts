/** `npx tallygate policy import-cf <file>`: Cloudflare's dynamic routes as a policy's. */
import { carryRoutes, NoRoutes } from "#policy/cloudflare-routes.ts";
import { Routes } from "#policy/route-schema.ts";
import { readDocument } from "../policy-session.ts";
import { Complaint, MISUSED, REFUSED } from "../policy-target.ts";
import { print, readArgs } from "./command.ts";

/** Prints the policy's section; what cannot be carried over goes to stderr, a line each. */
export function importCloudflare(args: string[]): number {
  const { values, positionals } = readArgs(args, { provider: { type: "string", multiple: true } });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new Complaint("Name one file.", MISUSED);
  const providers = Object.fromEntries(
    (values.provider ?? []).map((pair) => {
      const [slug = "", name = ""] = pair.split("=");
      if (slug === "" || name === "") {
        throw new Complaint(`Write "${pair}" as their-slug=your-provider.`, MISUSED);
      }
      return [slug, name];
    }),
  );
  const { routes, notes } = carried(readDocument(file), providers);
  const checked = Routes.safeParse(routes);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new Complaint(`${issue?.path.join(".")}: ${issue?.message}`, REFUSED);
  }
  const used = [
    ...new Set(routes.flatMap(({ candidates }) => candidates.map((one) => one.provider))),
  ];
  const needs = `The policy must have these providers: ${used.join(", ")}.`;
  process.stderr.write([...notes, needs].map((note) => `${note}\n`).join(""));
  print(`${JSON.stringify({ routes }, undefined, 2)}\n`);
  return 0;
}

function carried(document: unknown, providers: Record<string, string>) {
  try {
    return carryRoutes(document, providers);
  } catch (error) {
    if (error instanceof NoRoutes) throw new Complaint(error.message, REFUSED);
    throw error;
  }
}
