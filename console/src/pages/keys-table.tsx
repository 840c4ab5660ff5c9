/** Keys that are valid, and those that were. Secrets are in neither: nobody has them but their owners. */
import { Button } from "@cloudflare/kumo/components/button";
import type { Key, RevokedKey } from "../data/policy.ts";
import { dateTime, fromNow } from "../logic/format.ts";
import { scopePhrases } from "../logic/key-scope.ts";
import { Copy } from "../ui/copy.tsx";
import { Nothing } from "../ui/states.tsx";

type OnOpen = ((what: { kind: "rotate" | "revoke"; key: Key }) => void) | undefined;

function KeyRow(props: { record: Key; now: number; onOpen: OnOpen }) {
  const { record: key, now, onOpen } = props;
  return (
    <tr>
      <th scope="row">
        <Copy exact={key.keyId}>
          <code>{key.keyId}</code>
        </Copy>
      </th>
      <td data-label="Member">{key.member}</td>
      <td data-label="Label">{key.label}</td>
      <td data-label="Scope" className="scope-cell">
        {key.scope === undefined ? (
          <span className="soft">as the member</span>
        ) : (
          <div>
            {scopePhrases(key.scope).map((phrase) => (
              <div key={phrase}>{phrase}</div>
            ))}
          </div>
        )}
      </td>
      <td data-label="Issued" className="nowrap" title={dateTime(key.issuedAt)}>
        {fromNow(key.issuedAt, now)}
      </td>
      <td data-label="Expires" className="nowrap">
        {key.expiresAt === undefined ? (
          "never"
        ) : (
          <span title={dateTime(key.expiresAt)}>{fromNow(key.expiresAt, now)}</span>
        )}
      </td>
      {onOpen === undefined ? null : (
        <td className="acts">
          <div className="toolbar" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
            <Button
              size="sm"
              aria-label={`Rotate ${key.keyId}`}
              onClick={() => onOpen({ kind: "rotate", key })}
            >
              Rotate
            </Button>
            <Button
              size="sm"
              variant="secondary-destructive"
              aria-label={`Revoke ${key.keyId}`}
              onClick={() => onOpen({ kind: "revoke", key })}
            >
              Revoke
            </Button>
          </div>
        </td>
      )}
    </tr>
  );
}

export function KeysTable(props: { keys: readonly Key[]; onOpen: OnOpen }) {
  const { keys, onOpen } = props;
  if (keys.length === 0) return <Nothing title="No keys">Issue one for a member.</Nothing>;
  const now = Date.now();
  return (
    <div className="table-scroll">
      <table className="data records">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Member</th>
            <th scope="col">Label</th>
            <th scope="col">Scope</th>
            <th scope="col">Issued</th>
            <th scope="col">Expires</th>
            {onOpen === undefined ? null : (
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {keys
            .toSorted((a, b) => b.issuedAt - a.issuedAt)
            .map((key) => (
              <KeyRow key={key.keyId} record={key} now={now} onOpen={onOpen} />
            ))}
        </tbody>
      </table>
    </div>
  );
}

export function RevokedTable({ revoked }: { revoked: readonly RevokedKey[] }) {
  return (
    <div className="table-scroll">
      <table className="data records">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Member</th>
            <th scope="col">Revoked</th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          {revoked.toReversed().map((key) => (
            <tr key={key.keyId}>
              <th scope="row">
                <Copy exact={key.keyId}>
                  <code>{key.keyId}</code>
                </Copy>
              </th>
              <td data-label="Member">{key.member}</td>
              <td data-label="Revoked" className="nowrap">
                {dateTime(key.revokedAt)}
              </td>
              <td data-label="Reason" className="wrap-anywhere">
                {key.reason}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
