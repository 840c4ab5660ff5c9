/** `tallygate what-if`: what a draft policy would have decided otherwise, over recorded requests. */
import type { Difference, WhatIfResult } from "#projections/what-if/result.ts";
import type { TextsTold } from "#projections/what-if/texts.ts";
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
  const { rerouted, sample, unknownMembers, splitLate, texts } = result;
  const { newlyBlocked, newlyLimited, newlyRedacted } = result;
  const rules = Object.entries(result.byRule).map(([name, one]) => [
    name,
    `${one.newlyRefused} newly refused`,
    `${one.newlyRedacted} newly redacted`,
  ]);
  const lines = [
    tableOf(rows),
    ...(rules.length === 0 ? [] : [tableOf(rules)]),
    `${newlyBlocked} blocked and ${newlyLimited} limited of those newly refused; ${newlyRedacted} would have passed with something hidden.`,
    `${rerouted} would have gone to another provider or model first.`,
    ...(texts === undefined ? [] : textsLines(texts)),
    ...(sample === undefined
      ? []
      : [`A sample: ${sample.members} of ${sample.of} members. Nothing is scaled up.`]),
    ...(unknownMembers === 0
      ? []
      : [`Not decided: ${unknownMembers} members whose books before the record are not known.`]),
    ...(splitLate === 0
      ? []
      : [
          `Decided late: ${splitLate} requests of members who are split were collected out of order.`,
        ]),
  ];
  return lines.join("\n");
}

/** Why texts could not be read, in words. */
const unknown = {
  notKept: "no texts were kept",
  erased: "the person was erased",
  expired: "their retention was over",
  lost: "the store does not have them",
  unread: "kept in part, or in a form without texts",
  over: "more than are read in one run",
} as const;

function textsLines(texts: TextsTold): string[] {
  const answers = Object.entries(texts.answersByRule).map(
    ([rule, { blocked, redacted }]) => `${rule}: ${blocked} blocked, ${redacted} redacted`,
  );
  const why = Object.entries(unknown).flatMap(([fate, words]) => {
    const count = texts[fate as keyof typeof unknown];
    return count === 0 ? [] : [`Not known of ${count} requests: ${words}.`];
  });
  return [
    `Texts of ${texts.read} requests were read again.`,
    `Answers: ${texts.answersBlocked} would have been blocked, ${texts.answersRedacted} redacted${answers.length === 0 ? "" : ` (${answers.join("; ")})`}.`,
    ...why,
  ];
}

interface Frame {
  texts?: number;
  done?: number;
  of?: number;
  result?: WhatIfResult;
  since?: number;
}

export const whatIf: Command = {
  usage: `npx tallygate what-if <policy.json> [--from TIME] [--to TIME] [--sample SHARE] [--texts]

Decides recorded requests again under a draft. For admins. The draft may hold comments.
--sample 0.1 takes the requests of a tenth of the members, always the same ones; every number is
of those alone.
--texts reads kept texts again under the draft's data rules; payloads.readers of the policy has to
name your role, and the read is recorded.

${targetUsage}`,
  async run(args) {
    const time = { type: "string" } as const;
    const { values, positionals } = readArgs(args, {
      ...targetOptions,
      from: time,
      to: time,
      sample: time,
      texts: { type: "boolean" },
    });
    const [file, more] = positionals;
    if (file === undefined || more !== undefined) {
      throw new Complaint("Which draft? what-if <policy.json>", MISUSED);
    }
    const { from, to, texts } = values;
    const sample = values.sample === undefined ? undefined : Number(values.sample);
    if (sample !== undefined && !(sample > 0 && sample <= 1)) {
      throw new Complaint("How much? --sample takes a share such as 0.1", MISUSED);
    }
    const document = readDocument(file);
    const response = await send(targetOf(values), "/policy/what-if", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ document, from, to, sample, texts }),
    });
    let result: WhatIfResult | undefined;
    let since: number | undefined;
    for await (const line of linesOf(response)) {
      const frame = JSON.parse(line) as Frame;
      const told =
        frame.texts === undefined
          ? `${frame.done ?? ""} of ${frame.of ?? ""} `
          : `${frame.texts} texts `;
      if (process.stderr.isTTY) process.stderr.write(`\r${told}`);
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
