/** The events behind an entry, with their hashes computed anew by this very browser. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { readRaw, type RawEvents } from "../data/books.ts";
import { useLoad } from "../data/use-load.ts";
import { checkChain, type ChainCheck } from "../logic/chain.ts";
import { dateTime } from "../logic/format.ts";
import { Copy } from "../ui/copy.tsx";
import { Card } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface Checked {
  raw: RawEvents;
  /** `undefined` where the browser keeps its hashing from plain HTTP. */
  checks: ChainCheck[] | undefined;
}

async function readChecked(id: string, signal: AbortSignal): Promise<Checked> {
  const raw = await readRaw(id, signal);
  const checks = isSecureContext ? await checkChain(raw.events, sha256) : undefined;
  return { raw, checks };
}

function Verdict({ checks }: { checks: readonly ChainCheck[] | undefined }) {
  if (checks === undefined) return <span className="small soft">checked over HTTPS only</span>;
  const broken = checks.filter(({ fault }) => fault !== undefined).length;
  if (broken > 0) return <Badge variant="error">{broken} broken</Badge>;
  return (
    <Badge variant="success">
      {checks.length} of {checks.length} verified here
    </Badge>
  );
}

function EventLine(props: { body: string; hash: string; check: ChainCheck | undefined }) {
  const event = JSON.parse(props.body) as { seq: number; type: string; at: number; prev: string };
  const fault = props.check?.fault;
  return (
    <li data-tone={fault === undefined ? (props.check === undefined ? "plain" : "good") : "bad"}>
      <div>
        {event.type}{" "}
        <span className="soft small">
          event {event.seq}, {dateTime(event.at)}
        </span>
      </div>
      {fault === undefined ? null : <div role="alert">This event is not sound: {fault}.</div>}
      <div className="small soft">
        hash{" "}
        <Copy exact={props.hash}>
          <code>{props.hash.slice(0, 16)}…</code>
        </Copy>{" "}
        · before it{" "}
        <Copy exact={event.prev}>
          <code>{event.prev.slice(0, 16)}…</code>
        </Copy>
      </div>
      <details>
        <summary className="small soft">The event</summary>
        <pre className="json" tabIndex={0}>
          {JSON.stringify(event, null, 2)}
        </pre>
      </details>
    </li>
  );
}

export function ChainCard({ id, turn }: { id: string; turn: number }) {
  const loaded = useLoad(`${id} ${turn}`, (signal) => readChecked(id, signal));
  return (
    <Card
      title="Chain"
      side={loaded.data === undefined ? null : <Verdict checks={loaded.data.checks} />}
    >
      <Show loaded={loaded} lines={4}>
        {({ raw, checks }) => (
          <div className="card-body stack">
            <p className="small soft wrap-anywhere">
              Stream{" "}
              <Copy exact={raw.stream}>
                <code>{raw.stream.slice(0, 20)}…</code>
              </Copy>
              , epoch {raw.epoch}. Each event's hash covers its text and the hash of the event
              before it.
              {raw.truncated ? " Only the first events are shown." : ""}
            </p>
            <ol className="timeline">
              {raw.events.map((event, index) => (
                <EventLine
                  key={event.seq}
                  body={event.body}
                  hash={event.hash}
                  check={checks?.[index]}
                />
              ))}
            </ol>
          </div>
        )}
      </Show>
    </Card>
  );
}
