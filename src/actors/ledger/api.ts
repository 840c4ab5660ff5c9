/** The RPC surface of a LedgerActor: collects streams, answers questions about them. */
import type { Head, SealedEvent } from "#events/envelope.ts";

/** A run of one stream, in order. */
export interface IngestCommand {
  organisation: string;
  stream: string;
  epoch: number;
  events: readonly SealedEvent[];
}

/** `ok` up to `head`; `need` names the next event the ledger lacks; `fork` is an alarm. */
export type IngestReply =
  | { outcome: "ok"; head: Head }
  | { outcome: "need"; seq: number }
  | { outcome: "fork"; seq: number; message: string };

/** The RPC surface that other actors use. */
export interface LedgerIngestApi {
  ingest(command: IngestCommand): Promise<IngestReply>;
}
