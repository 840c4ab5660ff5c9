/**
 * `npm start`: runs a gateway until it is told to stop.
 *
 * Prints the panel, or with `--json` one line for scripts and nothing else on stdout.
 */
import { parseArgs } from "node:util";
import { readFileSync } from "node:fs";
import { launch } from "./gateway.ts";
import type { Running } from "./gateway.ts";
import { model, panel } from "./panel.ts";

const usage = `npm start -- [options]
  --port N       listen on 127.0.0.1:N, or the first free port after it (8787)
  --state DIR    keep storage and keys in DIR (.tallygate/state-<port>)
  --json         print one JSON line when ready, for scripts (npm -s start: without npm's own lines)
  --policy FILE  start a new state with this policy document ($UPSTREAM: the upstream's address)
  --worker FILE  run another Worker entry than wrangler.toml's
  --no-console   do not build or serve the web console
  --no-dev-vars  leave .dev.vars alone: the development upstream answers for every provider
  --var K=V      a variable for the Worker, as often as needed
`;

function readOptions() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      port: { type: "string", default: "8787" },
      state: { type: "string" },
      json: { type: "boolean", default: false },
      policy: { type: "string" },
      worker: { type: "string" },
      var: { type: "string", multiple: true, default: [] },
      console: { type: "boolean", default: true },
      "dev-vars": { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port takes a number from 0 to 65535, not "${values.port}".`);
  }
  const vars = values.var.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    if (at < 1) throw new Error(`--var takes NAME=value, not "${pair}".`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { ...values, port, vars: Object.fromEntries(vars) };
}

/** Stops everything once, whoever asks: a signal, or the end of the process that started us. */
function stopWhenAsked(gateway: Running): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`tallygate: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"]) process.on(signal, stop);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const gateway = await launch({
    port: options.port,
    vars: options.vars,
    devVars: options["dev-vars"],
    console: options.console && options.worker === undefined,
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(options.worker === undefined ? {} : { worker: options.worker }),
    ...(options.policy === undefined
      ? {}
      : { policy: JSON.parse(readFileSync(options.policy, "utf8")) as unknown }),
  });
  stopWhenAsked(gateway);
  if (options.port !== 0 && gateway.port !== options.port) {
    process.stderr.write(`tallygate: port ${options.port} is taken, using ${gateway.port}.\n`);
  }
  const { url, upstream, keys } = gateway;
  const line = `${JSON.stringify({ url, upstream, model, keys })}\n`;
  process.stdout.write(options.json ? line : panel(gateway));
}

main().catch((error: unknown) => {
  process.stderr.write(`tallygate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
