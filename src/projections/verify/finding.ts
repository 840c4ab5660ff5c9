/** What a verification found wrong, and where: file, line, stream, number. */

export type FindingKind =
  | "missing"
  | "unexpected"
  | "damaged"
  | "signature"
  | "link"
  | "root"
  | "fork"
  | "chain"
  | "decision"
  | "budget"
  | "views"
  | "base"
  | "policy";

export interface Finding {
  kind: FindingKind;
  message: string;
  shard: string;
  /** Below the shard's folder. */
  file?: string;
  /** From 1. */
  line?: number;
  stream?: string;
  seq?: number;
}

/** Findings that are listed; further ones are counted, as one fault can have thousands of effects. */
const findingsMax = 200;

export class Findings {
  readonly list: Finding[] = [];
  count = 0;

  add(finding: Finding): void {
    this.count += 1;
    if (this.list.length < findingsMax) this.list.push(finding);
  }
}

/** A finding as one line. */
export function describe({ kind, message, shard, file, line, stream, seq }: Finding): string {
  const where = `${shard}${file === undefined ? "" : `/${file}`}${line === undefined ? "" : `:${line}`}`;
  const event =
    stream === undefined ? "" : ` (stream ${stream}${seq === undefined ? "" : `, event ${seq}`})`;
  return `${where}: ${kind}: ${message}${event}`;
}
