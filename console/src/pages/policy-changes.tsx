/** What a draft would change of the live version, place by place. */
import { diffPolicies, type PolicyChange } from "#policy/diff.ts";
import type { DraftState } from "../data/use-draft.ts";
import { Card } from "../ui/page.tsx";

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 300 ? `${text.slice(0, 300)} …` : text;
}

/** Differences, as a list of places with before and after. */
export function Changes({ changes }: { changes: readonly PolicyChange[] }) {
  return (
    <ul className="card-body stack">
      {changes.map(({ path, before, after }) => (
        <li key={path} className="stack" style={{ gap: 4 }}>
          <code className="wrap-anywhere">{path}</code>
          {before === undefined ? null : (
            <del className="diff-before mono">
              <span className="visually-hidden">before: </span>
              {shown(before)}
            </del>
          )}
          {after === undefined ? null : (
            <ins className="diff-after mono">
              <span className="visually-hidden">after: </span>
              {shown(after)}
            </ins>
          )}
        </li>
      ))}
    </ul>
  );
}

export function ChangesCard({ state }: { state: DraftState }) {
  const { checked, isDirty, fault, error } = state;
  if (!isDirty) return null;
  const count = checked?.changes.length ?? 0;
  return (
    <Card
      title={
        checked?.valid ? `Changes of the live version (${count})` : "Changes of the live version"
      }
    >
      {checked === undefined ? (
        <p className="card-body soft" role="status">
          {fault === undefined
            ? (error?.message ?? "The gateway is asked …")
            : "The text is no JSON yet."}
        </p>
      ) : !checked.valid ? (
        <p className="card-body soft">Shown once the problems are mended.</p>
      ) : count === 0 ? (
        <p className="card-body soft">None: only the text differs, not what it says.</p>
      ) : (
        <Changes changes={checked.changes} />
      )}
    </Card>
  );
}

/** What somebody else changed from one version to another. */
export function ChangesBetween({ before, after }: { before: unknown; after: unknown }) {
  return <Changes changes={diffPolicies(before, after)} />;
}
