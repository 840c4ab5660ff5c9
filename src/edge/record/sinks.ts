/** Sinks over HTTP: how far each is, what it refused, and sending that once more. */
import * as z from "zod";
import { GatewayError } from "../errors.ts";
import type { Reader, RecordContext } from "./reader.ts";

/** A sink's name, of OTLP also with its signal after a slash (as `%2F`). */
const SinkName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(\/(traces|metrics))?$/);

/** The sink that the address names. */
export function sinkNamed(c: RecordContext): string {
  const name = SinkName.safeParse(c.req.param("sink"));
  if (!name.success) throw new GatewayError("invalid_request", "This is no name of a sink.");
  return name.data;
}

/** `{sinks: [{sink, waiting, sent, ..., shard}]}`: every lane of every shard. */
export async function listSinks({ c, shards }: Reader): Promise<Response> {
  const all = await Promise.all(
    shards.map(async ({ name, ledger }) =>
      (await ledger.sinks()).map((status) => ({ ...status, shard: name })),
    ),
  );
  return c.json({ sinks: all.flat() });
}

/** `{letters: [...]}`: the oldest events that a sink refused, by their ids. */
export async function listLetters({ c, shards }: Reader): Promise<Response> {
  const sink = sinkNamed(c);
  const letters = await Promise.all(
    shards.map(async ({ name, ledger }) =>
      (await ledger.sinkLetters(sink)).map((letter) => ({ ...letter, shard: name })),
    ),
  );
  return c.json({ letters: letters.flat() });
}

/** `{letters}`: how many events will be sent again. A sink that waits is tried at once. */
export async function retryLetters({ c, shards }: Reader): Promise<Response> {
  const sink = sinkNamed(c);
  const marked = await Promise.all(shards.map(({ ledger }) => ledger.retrySink(sink)));
  return c.json({ letters: marked.reduce((sum, count) => sum + count, 0) });
}
