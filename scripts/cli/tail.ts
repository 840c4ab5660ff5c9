/** `tallygate tail`: audit entries as they happen, over the live tail's socket. */
import { tryParseJson } from "#events/parse-json.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { TailFrame } from "#actors/ledger/tail.ts";
import { openSocket } from "../policy-client.ts";
import { Complaint, MISUSED, UNREACHED } from "../policy-target.ts";
import {
  type Command,
  print,
  readOptions,
  targetOf,
  targetOptions,
  targetUsage,
} from "./command.ts";
import { filterOptions, filtersOf, filterUsage } from "./filters.ts";
import { send, withParams } from "./http.ts";

const NO_TAIL = "What answers there is no gateway: it has no live tail.";

/** One line for a person. */
function lineOf(entry: AuditEntry): string {
  const { at, id, user, kind, outcome, code, modelServed, modelAsked, costNanos, dlp } = entry;
  const { inputTokens, outputTokens, action, resource } = entry;
  const tokens = outputTokens === undefined ? "" : `${inputTokens ?? 0}+${outputTokens} tokens`;
  const cost = costNanos === undefined ? "" : `$${(costNanos / 1e9).toFixed(7)}`;
  const found = dlp === undefined || dlp === "none" ? "" : `dlp ${dlp}`;
  const what = kind === "request" ? [modelServed ?? modelAsked] : [action, resource];
  const parts = [new Date(at).toISOString(), user, ...what, outcome, code, tokens, cost, found, id];
  return parts.filter((part) => part !== undefined && part !== "").join("  ");
}

export const tail: Command = {
  usage: `npx tallygate tail [--count N] [filters]

Audit entries as they happen and as they change, until Ctrl-C or N of them.

${filterUsage}
${targetUsage}`,
  async run(args) {
    const flags = readOptions(args, {
      ...targetOptions,
      ...filterOptions,
      count: { type: "string" },
    });
    const { count = "Infinity", json } = flags;
    let left = Number(count);
    if (!(left >= 1)) throw new Complaint("--count takes a number from 1.", MISUSED);
    const target = targetOf(flags);
    const at = withParams("/audit/tail", filtersOf(flags));
    const socket = openSocket(target, at);
    await new Promise<void>((resolve, reject) => {
      let opened = false;
      socket.addEventListener("open", () => {
        opened = true;
        process.stderr.write("Watching.\n");
      });
      socket.addEventListener("message", ({ data }) => {
        const frame = tryParseJson(String(data)) as TailFrame | undefined;
        if (frame === undefined) return reject(new Complaint(NO_TAIL, UNREACHED));
        if ("skipped" in frame) {
          process.stderr.write(`${frame.skipped} more were left out.\n`);
          return;
        }
        print(json === true ? JSON.stringify(frame.entry) : lineOf(frame.entry));
        left -= 1;
        if (left > 0) return;
        socket.close(1000);
        resolve();
      });
      const gone = ({ reason }: { reason?: string }): void => {
        const why = reason === undefined || reason === "" ? "no reason given" : reason;
        if (opened) reject(new Complaint(`The tail ended (${why}).`, UNREACHED));
        // A socket does not say why it did not open; the same address over HTTP does.
        else send(target, at).then(() => reject(new Complaint(NO_TAIL, UNREACHED)), reject);
      };
      socket.addEventListener("close", gone);
    });
    return 0;
  },
};
