/** The proof that a person was erased: the event that says so, to look at and to take away. */
import { Button } from "@cloudflare/kumo/components/button";
import { DownloadSimple } from "@phosphor-icons/react";
import { save } from "../data/export.ts";
import { useLink } from "../data/router.ts";
import { pathOf } from "../logic/address.ts";
import { proofText, type ErasureProof } from "../logic/erasure.ts";
import { count, dateTime, isoTime } from "../logic/format.ts";
import { Copy } from "../ui/copy.tsx";
import { Facts } from "../ui/page.tsx";

const short = (text: string) => (
  <Copy exact={text}>
    <code>{text.length > 24 ? `${text.slice(0, 24)}…` : text}</code>
  </Copy>
);

export function Proof({ member, proof }: { member: string; proof: ErasureProof }) {
  const { event, stream, seq, at, keyId } = proof;
  const link = useLink(pathOf("audit", event));
  const text = proofText(member, proof);
  const download = (): void =>
    save(new Blob([`${text}\n`], { type: "text/plain" }), `tallygate-erasure-${event}.txt`);
  return (
    <div className="stack">
      <Facts
        rows={[
          [
            "Event",
            <a key="event" className="text-link" {...link}>
              <code>{event}</code>
            </a>,
          ],
          ["Stream", short(stream)],
          [
            "Number",
            <Copy key="seq" exact={String(seq)}>
              {count(seq)}
            </Copy>,
          ],
          [
            "At",
            <Copy key="at" exact={isoTime(at)}>
              {dateTime(at)}
            </Copy>,
          ],
          ["Key", keyId === undefined ? "none: nothing was kept under one" : short(keyId)],
        ]}
      />
      <div className="toolbar">
        <Button size="sm" icon={<DownloadSimple size={14} />} onClick={download}>
          Download the proof
        </Button>
        <Copy exact={text} label="As text">
          Copy the proof
        </Copy>
      </div>
    </div>
  );
}
