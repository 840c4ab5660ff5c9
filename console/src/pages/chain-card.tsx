/** The events behind an entry, with their hashes computed anew by this very browser. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { readRaw, type RawEvents } from "../data/books.ts";
import { useLoad } from "../data/use-load.ts";
import { checkChain, stretchesOf, type ChainCheck, type Stretch } from "../logic/chain.ts";
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

/** The entry's own events; those of others between them are behind a word, unless one is broken. */
function Lines({ checked, stretch }: { checked: Checked; stretch: Stretch }) {
  const { first, end, isOwn } = stretch;
  const { raw, checks } = checked;
  const lines = raw.events
    .slice(first, end)
    .map((event, index) => (
      <EventLine
        key={event.seq}
        body={event.body}
        hash={event.hash}
        check={checks?.[first + index]}
      />
    ));
  if (isOwn) return lines;
  const isSound = checks?.slice(first, end).every(({ fault }) => fault === undefined) ?? true;
  const count = end - first;
  return (
    <li data-tone={isSound ? "plain" : "bad"}>
      <details open={!isSound}>
        <summary className="small soft">
          {count === 1 ? "One event" : `${count} events`} between, not of this entry
        </summary>
        <ol className="timeline" style={{ paddingTop: 12 }}>
          {lines}
        </ol>
      </details>
    </li>
  );
}

export function ChainCard({ id, own }: { id: string; own: readonly number[] }) {
  const loaded = useLoad(`${id} ${own.length}`, (signal) => readChecked(id, signal));
  return (
    <Card
      title="Chain"
      side={loaded.data === undefined ? null : <Verdict checks={loaded.data.checks} />}
    >
      <Show loaded={loaded} lines={4}>
        {(checked) => (
          <div className="card-body stack">
            <p className="small soft wrap-anywhere">
              Stream{" "}
              <Copy exact={checked.raw.stream}>
                <code>{checked.raw.stream.slice(0, 20)}…</code>
              </Copy>
              , epoch {checked.raw.epoch}. Each event's hash covers its text and the hash of the
              event before it.
              {checked.raw.truncated ? " Only the first events are shown." : ""}
            </p>
            <ol className="timeline">
              {stretchesOf(checked.raw.events, own).map((stretch) => (
                <Lines key={stretch.first} checked={checked} stretch={stretch} />
              ))}
            </ol>
          </div>
        )}
      </Show>
    </Card>
  );
}
