/** `npm run bench`: what the gateway costs, measured beside the least that a Worker can do. */
import { parseArgs } from "node:util";
import { measureActors } from "./actors.ts";
import { keepBooks } from "./books.ts";
import { startLoad, startMock } from "./load.ts";
import { describeMachine, version } from "./machine.ts";
import { measure } from "./measure.ts";
import { figures, isMockBound, print } from "./report.ts";
import { printStreams, streamFigures } from "./streams.ts";
import { allNames, startTargets } from "./targets.ts";

const usage = `npm run bench -- [options]
  --json         print the report as JSON
  --rounds N     rounds (5)
  --seconds S    seconds for each load in each round (1)
  --only a,b     these targets, beside direct and bare: ${allNames.join(", ")};
                 \`actors\` measures actors from inside
  --only verify  the verifier instead, over an archive of a million events
  --only streams  what a translated chunk costs beside a watched one, and nothing else
  --only record  the record instead: a shard's intake, views and tail, what-if, the verifier
  --only dlp     the scan of prompts instead, in workerd, with its targets
  --only startup the start of an isolate instead, beside an empty Worker's, in CPU
  --worker FILE  another Worker entry than src/edge/worker.ts
`;

/** Large installs: only when asked for by name. */
const onlyByName: ReadonlySet<string> = new Set(["litellm"]);

function readOptions(isAlone: boolean) {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "1" },
      only: { type: "string" },
      worker: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);
  const isFine = Number.isInteger(rounds) && rounds > 0 && seconds > 0;
  if (!isFine)
    throw new Error("--rounds takes a whole number above 0, --seconds a number above 0.");
  const asked = isAlone ? undefined : values.only?.split(",");
  const unknown = asked?.filter((name) => !(allNames as readonly string[]).includes(name)) ?? [];
  if (unknown.length > 0)
    throw new Error(`--only knows no "${unknown[0]}": ${allNames.join(", ")}.`);
  const named = asked ?? allNames.filter((name) => !onlyByName.has(name));
  const notNamed = asked ? [] : [...onlyByName];
  return { ...values, rounds, seconds, wanted: new Set(["direct", "bare", ...named]), notNamed };
}

const progress = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

async function main(): Promise<void> {
  if (process.argv.includes("verify")) {
    await import("./verify-folder.ts");
    return;
  }
  if (process.argv.includes("record")) {
    await import("./record.ts");
    return;
  }
  if (process.argv.includes("startup")) {
    await import("./startup.ts");
    return;
  }
  if (process.argv.includes("dlp")) {
    await import("./scan.ts");
    return;
  }
  const isAlone = process.argv.some((word) => /^(?:--only=)?streams$/.test(word));
  const options = readOptions(isAlone);
  if (isAlone) {
    const streams = streamFigures(options.rounds);
    process.stdout.write(options.json ? `${JSON.stringify({ streams })}\n` : printStreams(streams));
    return;
  }
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const { rounds, seconds, wanted } = options;
  const machine = describeMachine();
  const mock = await startMock();
  const generator = startLoad();
  const started = await startTargets({ wanted, upstreamPort: mock.port, worker: options.worker });
  try {
    const { targets } = started;
    const { series, warmUps } = await measure({ targets, generator, rounds, seconds, progress });
    const notNamed = options.notNamed.map((name) => [name, `a large install: name it with --only`]);
    const skipped: Record<string, string> = { ...started.skipped, ...Object.fromEntries(notNamed) };
    const all = figures(series, skipped);
    const isOurs = all.some(({ name, rps }) => name.startsWith("tallygate") && rps !== undefined);
    const upstreamUrl = `http://127.0.0.1:${mock.port}`;
    if (isOurs) progress("rows, fsyncs, memory");
    const books = isOurs ? await keepBooks(upstreamUrl, generator) : undefined;
    const mockBound = isMockBound(all);
    const tools = { rounds, progress, upstreamUrl, generator };
    const actors = wanted.has("actors") ? await measureActors(tools) : undefined;
    if (isOurs) progress("translated streams");
    const streams = isOurs ? streamFigures(rounds) : undefined;
    const measured = { rounds, seconds, warmUps, mockBound, targets: all, books, actors, streams };
    const report = { machine, version: version(), ...measured };
    process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : print(report));
  } finally {
    generator.stop();
    mock.stop();
    await started.stop();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
