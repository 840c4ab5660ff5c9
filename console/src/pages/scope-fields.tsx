/** What a key is narrowed to: closed until somebody wants it, with its sum in words. */
import type { KeyAccess } from "#events/policy-events.ts";
import type { PolicyDocument } from "#policy/document.ts";
import {
  accessTitles,
  addressProblem,
  scopeFrom,
  scopePhrases,
  type ScopeDraft,
} from "../logic/key-scope.ts";
import { TextField } from "../ui/fields.tsx";
import { Ticks } from "../ui/ticks.tsx";

const uses = Object.entries(accessTitles).map(([value, title]) => ({
  value: value as KeyAccess,
  title,
}));
const named = (names: readonly string[]) => names.map((name) => ({ value: name, title: name }));

/** Names that the policy has, and those of an older scope that it has no more. */
function namesOf(known: readonly string[], chosen: readonly string[]) {
  return named([...new Set([...known, ...chosen])]);
}

function Addresses(props: { draft: ScopeDraft; onChange: (ips: string) => void }) {
  const problem = addressProblem(props.draft);
  return (
    <label className="field" data-problem={problem !== undefined || undefined}>
      <span>Used from addresses</span>
      <input
        className="control"
        placeholder="anywhere; or 203.0.113.7, 10.0.0.0/8"
        aria-invalid={problem !== undefined}
        value={props.draft.ips}
        onChange={(event) => props.onChange(event.target.value)}
      />
      {problem === undefined ? null : (
        <strong className="problem-text small" role="alert">
          {problem}
        </strong>
      )}
    </label>
  );
}

export function ScopeFields(props: {
  draft: ScopeDraft;
  /** Absent until it is read: its tiers and routes are offered then. */
  policy: PolicyDocument | undefined;
  onChange: (draft: ScopeDraft) => void;
}) {
  const { draft, policy, onChange } = props;
  const set = (change: Partial<ScopeDraft>): void => onChange({ ...draft, ...change });
  const phrases = scopePhrases(scopeFrom(draft).scope);
  const tiers = namesOf(Object.keys(policy?.tiers ?? {}), draft.tiers);
  const routes = namesOf(
    (policy?.routes ?? []).map(({ name }) => name),
    draft.routes,
  );
  return (
    <details className="fold" open={phrases.length > 0 || undefined}>
      <summary>
        Scope:{" "}
        <span className="soft">
          {phrases.length === 0 ? "whatever the member may do" : phrases.join("; ")}
        </span>
      </summary>
      <div className="stack">
        <Ticks
          title="For (none ticked: all of it)"
          options={uses}
          chosen={draft.access}
          onChange={(access) => set({ access })}
        />
        <TextField
          title="Models, by name or pattern"
          charsMax={4_000}
          placeholder="all; or gpt-4o-mini, claude-*"
          value={draft.models}
          onChange={(models) => set({ models })}
        />
        <Ticks
          title="Served by tiers"
          options={tiers}
          chosen={draft.tiers}
          onChange={(list) => set({ tiers: list })}
        />
        {routes.length === 0 ? null : (
          <Ticks
            title="Taken by routes"
            options={routes}
            chosen={draft.routes}
            onChange={(list) => set({ routes: list })}
          />
        )}
        <Addresses draft={draft} onChange={(ips) => set({ ips })} />
      </div>
    </details>
  );
}
