/** Publishing from the command line: says what changed, and waits until it holds everywhere. */
import type { AdminClient } from "./policy-client.ts";
import { type Change, changesText, dateOf, type Session } from "./policy-session.ts";

export async function publish(
  session: Session,
  document: unknown,
  expectVersion: number,
): Promise<void> {
  const { client, flags } = session;
  const comment = flags.comment ?? "";
  const inForce = whenInForce(client);
  const result = await client.ask({ type: "PublishPolicy", expectVersion, document, comment });
  await tellPublished(session, result, inForce);
}

/** Notes the newest version in force from now on, so that none is missed before it is waited for. */
export function whenInForce(client: AdminClient): (version: number) => Promise<void> {
  let newest = 0;
  let wake: (() => void) | undefined;
  client.listen(({ type, data }) => {
    if (type !== "PolicyInForce") return;
    newest = Math.max(newest, (data as { version: number }).version);
    wake?.();
  });
  return async (version) => {
    const reached = new Promise<void>((resolve) => {
      wake = () => {
        if (newest >= version) resolve();
      };
      wake();
    });
    await Promise.race([reached, client.lost]);
  };
}

export async function tellPublished(
  { print, flags }: Session,
  result: Record<string, unknown>,
  inForce: (version: number) => Promise<void>,
): Promise<void> {
  const version = Number(result["version"]);
  if (!flags.json) print(undefined, () => changesText(result["changes"] as Change[]));
  const { proposal } = result;
  if (proposal !== undefined && result["version"] === undefined) {
    const todo = `another admin publishes it with \`approve ${Number(proposal)}\``;
    print(result, () => `Proposed as ${Number(proposal)}: ${todo}.`);
    return;
  }
  if (flags.wait) await inForce(version);
  const state = flags.wait
    ? "in force"
    : `published; in force everywhere by ${dateOf(Number(result["inForceBy"]))}`;
  print(result, () => `Version ${version} is ${state}.`);
}
