/** What was kept of a request's texts, for those who may read it: asked for, since asking is recorded. */
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import { ApiError } from "../data/api.ts";
import { readPayload, type Entry } from "../data/books.ts";
import { count, dateTime } from "../logic/format.ts";
import { payloadState, payloadTexts, type KeptPayload } from "../logic/payload.ts";
import { Copy } from "../ui/copy.tsx";
import { Card, Facts } from "../ui/page.tsx";

function Texts({ payload }: { payload: KeptPayload }) {
  return payloadTexts(payload).map(({ title, text }, index) => (
    <section key={`${index} ${title}`} aria-label={title}>
      <h3 className="small soft">{title}</h3>
      <pre className="json wrapped" tabIndex={0}>
        {text}
      </pre>
    </section>
  ));
}

function useTexts(id: string) {
  const [payload, setPayload] = useState<KeptPayload>();
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const read = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      setPayload(await readPayload(id));
    } catch (caught) {
      setError(caught instanceof ApiError ? caught.message : String(caught));
    } finally {
      setBusy(false);
    }
  };
  return { payload, error, isBusy, read };
}

export function PayloadCard({ entry }: { entry: Entry }) {
  const { payload: kept, id } = entry;
  const { canRead, says } = payloadState(entry, Date.now());
  const { payload, error, isBusy, read } = useTexts(id);
  return (
    <Card title="Texts" padded>
      <div className="stack">
        <p className="small soft">{says}</p>
        {kept === undefined ? null : (
          <Facts
            rows={[
              ["Prompt", `${count(kept.promptBytes)} bytes`],
              ["Answer", `${count(kept.answerBytes)} bytes${kept.truncated ? ", cut" : ""}`],
              ["Until", kept.expiresAt === undefined ? undefined : dateTime(kept.expiresAt)],
              [
                "Its hash",
                kept.sha256 === undefined ? undefined : (
                  <Copy exact={kept.sha256}>
                    <code>{kept.sha256.slice(0, 16)}…</code>
                  </Copy>
                ),
              ],
            ]}
          />
        )}
        {canRead && payload === undefined ? (
          <div className="toolbar">
            <Button size="sm" loading={isBusy} onClick={() => void read()}>
              Read the texts
            </Button>
            <span className="small soft">That you read them is recorded.</span>
          </div>
        ) : null}
        {error === undefined ? null : <p role="alert">{error}</p>}
        {payload === undefined ? null : <Texts payload={payload} />}
      </div>
    </Card>
  );
}
