/** `tallygate doctor`: checks a deployment and says what is wrong with it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Complaint, REFUSED, type Target } from "../policy-target.ts";
import {
  type Command,
  home,
  print,
  readOptions,
  targetOf,
  targetOptions,
  targetUsage,
} from "./command.ts";
import { type Answered, type Diagnosis, examine, type Facts } from "./doctor-checks.ts";
import { getJson, send } from "./http.ts";
import { tableOf } from "./table.ts";

/** A question of which a refusal is an answer too. */
async function asked<T>(question: Promise<T>): Promise<Answered<T>> {
  try {
    return { value: await question };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks everything; throws when nobody, or somebody else, answers there. */
async function gather(target: Target): Promise<Facts> {
  const startedAt = performance.now();
  const health = (await getJson(target, "/health")) as { ok?: boolean };
  if (health.ok !== true) {
    throw new Complaint(`What answers at ${target.url} is no Tallygate gateway.`, REFUSED);
  }
  const roundTripMs = Math.round(performance.now() - startedAt);
  const get = <T>(at: string): Promise<T> => getJson(target, at) as Promise<T>;
  const sentAt = Date.now();
  const diagnosis = await asked(get<Diagnosis>("/admin/diagnosis"));
  const askedAt = (sentAt + Date.now()) / 2;
  const { version: ownVersion } = JSON.parse(
    readFileSync(path.join(home, "package.json"), "utf8"),
  ) as { version: string };
  return {
    url: target.url,
    roundTripMs,
    ownVersion,
    diagnosis: "value" in diagnosis ? { value: { ...diagnosis.value, askedAt } } : diagnosis,
    version: await asked(
      get<{ info: { version: string } }>("/openapi.json").then(({ info }) => info.version),
    ),
    who: await asked(get("/session")),
    models: await asked(get<{ data: unknown[] }>("/v1/models").then(({ data }) => data.length)),
    keys: await asked(
      get<{ keys: unknown[] }>("/.well-known/tallygate/keys").then(({ keys }) => keys.length),
    ),
    archive: await asked(get<{ shards: never[] }>("/audit/archive").then(({ shards }) => shards)),
    faults: await asked(get<{ faults: never[] }>("/audit/faults").then(({ faults }) => faults)),
    sinks: await asked(get<{ sinks: never[] }>("/audit/sinks").then(({ sinks }) => sinks)),
    console: await asked(
      send(target, "/console/").then(
        () => true,
        () => false,
      ),
    ),
  };
}

export const doctor: Command = {
  usage: `npx tallygate doctor

Reachability, versions, the key, clocks, development values, missing secrets, the policy, the
archive and its signing key, faults of the books, sinks, the console. Some need an admin's or an auditor's
key and are skipped without one. Exit code 1 when something has to be mended.

${targetUsage}`,
  async run(args) {
    const flags = readOptions(args, targetOptions);
    const findings = examine(await gather(targetOf(flags)));
    const failed = findings.filter(({ state }) => state === "fail").length;
    const warned = findings.filter(({ state }) => state === "warn").length;
    if (flags.json === true) print(JSON.stringify({ ok: failed === 0, findings }));
    else {
      print(tableOf(findings.map(({ check, state, message }) => [state, check, message])));
      print(failed + warned === 0 ? "All is well." : `${failed} to mend, ${warned} to look at.`);
    }
    return failed === 0 ? 0 : 1;
  },
};
