/** How far long work is, as a bar that is also read out, and a way to stop it. */
import { Button } from "@cloudflare/kumo/components/button";
import { percent } from "../logic/format.ts";

export function Progress(props: { label: string; done: number; of: number; onStop: () => void }) {
  const { label, done, of } = props;
  const share = of === 0 ? 0 : Math.min(done / of, 1);
  return (
    <div className="toolbar" style={{ flexWrap: "nowrap" }}>
      <div
        className="progress"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <span className="number small nowrap">{of === 0 ? "…" : percent(share, 1)}</span>
      <Button size="sm" onClick={props.onStop}>
        Cancel
      </Button>
    </div>
  );
}
