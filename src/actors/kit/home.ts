/** Which stream an actor is, and who collects it. */

/** Where a stream belongs: told by the first command, kept for good. */
export interface StreamHome {
  organisation: string;
  stream: string;
  /** The name of the ledger shard that collects the stream. */
  ledger: string;
}
