/** `tallygate what-if`: what a draft policy would have decided otherwise, over recorded requests. */
import type { Difference, WhatIfResult } from "#projections/what-if/result.ts";
import { readDocument } from "../policy-session.ts";
import { Complaint, MISUSED, UNREACHED } from "../policy-target.ts";
import { type Command, print, readArgs, targetOf, targetOptions, targetUsage } from "./command.ts";
import { linesOf, send } from "./http.ts";
import { tableOf } from "./table.ts";

const usd = (nanos: number): string => `$${(nanos / 1e9).toFixed(6)}`;

function row(name: string, one: Difference): string[] {
  return [
    name,
    `${one.requests} requests`,
    `${one.newlyRefused} newly refused`,
    `${one.newlyAllowed} newly allowed`,
    `${usd(one.costNanosBefore)} -> ${usd(one.costNanosAfter)}`,
  ];
}

function textOf(result: WhatIfResult): string {
  const groups = { ...result.byModel, ...result.byUser };
  const rows = [
    row("all", result),
    ...Object.entries(groups)
      .filter(([, one]) => one.newlyRefused + one.newlyAllowed > 0)
      .map(([name, one]) => row(name, one)),
  ];
  const { rerouted, sample, unknownMembers } = result;
  const lines = [
    tableOf(rows),
    `${rerouted} would have gone to another provider or model first.`,
    ...(sample === undefined
      ? []
      : [`A sample: ${sample.members} of ${sample.of} members. Nothing is scaled up.`]),
    ...(unknownMembers === 0
      ? []
      : [`Not decided: ${unknownMembers} members whose books before the record are not known.`]),
  ];
  return lines.join("\n");
}

interface Frame {
  done?: number;
  of?: number;
  result?: WhatIfResult;
  since?: number;
}

export const whatIf: Command = {
  usage: `npx tallygate what-if <policy.json> [--from TIME] [--to TIME] [--sample SHARE]

Decides recorded requests again under a draft. For admins. The draft may hold comments.
--sample 0.1 takes the requests of a tenth of the members, always the same ones; every number is
of those alone.

${targetUsage}`,
  async run(args) {
    const time = { type: "string" } as const;
    const { values, positionals } = readArgs(args, {
      ...targetOptions,
      from: time,
      to: time,
      sample: time,
    });
    const [file, more] = positionals;
    if (file === undefined || more !== undefined) {
      throw new Complaint("Which draft? what-if <policy.json>", MISUSED);
    }
    const { from, to } = values;
    const sample = values.sample === undefined ? undefined : Number(values.sample);
    if (sample !== undefined && !(sample > 0 && sample <= 1)) {
      throw new Complaint("How much? --sample takes a share such as 0.1", MISUSED);
    }
    const document = readDocument(file);
    const response = await send(targetOf(values), "/policy/what-if", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ document, from, to, sample }),
    });
    let result: WhatIfResult | undefined;
    let since: number | undefined;
    for await (const line of linesOf(response)) {
      const frame = JSON.parse(line) as Frame;
      if (process.stderr.isTTY) process.stderr.write(`\r${frame.done ?? ""} of ${frame.of ?? ""} `);
      ({ result, since } = frame);
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${" ".repeat(40)}\r`);
    if (since !== undefined) {
      const from = new Date(since).toISOString();
      process.stderr.write(`The record is kept from ${from} on: what was before is not decided.\n`);
    }
    if (result === undefined) throw new Complaint("The answer ended early.", UNREACHED);
    print(values.json === true ? JSON.stringify(result) : textOf(result));
    return 0;
  },
};
