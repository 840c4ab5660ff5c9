/** The filters of the audit list as options of the command line. */
import type { ParseArgsOptionsConfig } from "node:util";

const text = { type: "string" } as const;

export const filterOptions = {
  kind: text,
  user: text,
  team: text,
  model: text,
  provider: text,
  action: text,
  resource: text,
  dlp: text,
  outcome: text,
  code: text,
  from: text,
  to: text,
} as const satisfies ParseArgsOptionsConfig;

export type Filters = { [name in keyof typeof filterOptions]?: string };

export const filterUsage = `  --user, --team, --model, --provider, --outcome, --code, --dlp, --action, --resource, --kind
  --from, --to    a date (2026-11-21), a time (2026-11-21T09:00:00Z) or milliseconds
`;

/** Those filters that were given. */
export function filtersOf(flags: Readonly<Record<string, unknown>>): Filters {
  const given = Object.keys(filterOptions).flatMap((name) => {
    const value = flags[name];
    return typeof value === "string" ? [[name, value]] : [];
  });
  return Object.fromEntries(given) as Filters;
}
