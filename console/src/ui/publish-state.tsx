/** How far a publication is: said in words, and read out. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Loader } from "@cloudflare/kumo/components/loader";
import { AdminRefused } from "../data/admin-socket.ts";
import type { Publishing } from "../data/use-publish.ts";

export function PublishState({ publishing }: { publishing: Publishing }) {
  const { waitingFor, inForce, proposed, limitsEffective, error } = publishing;
  const isEffective = inForce !== undefined && limitsEffective !== undefined;
  return (
    <div role="status" className="toolbar">
      {waitingFor === undefined ? null : (
        <>
          <Loader size="sm" />
          <span>
            Version {waitingFor} is published; it is in force once every lease on the version before
            it has ended.
          </span>
        </>
      )}
      {waitingFor === undefined && inForce !== undefined ? (
        <Badge variant="success">Version {inForce} is in force everywhere</Badge>
      ) : null}
      {waitingFor === undefined && isEffective && limitsEffective >= inForce ? (
        <Badge variant="success">Its limits are effective at every shared budget</Badge>
      ) : null}
      {proposed === undefined ? null : (
        <span>
          <Badge variant="warning">Proposed</Badge> Another admin has to approve it before it is
          published.
        </span>
      )}
      {error === undefined ? null : <CommandError error={error} />}
    </div>
  );
}

/** What a command was refused with, and where. */
export function CommandError({ error }: { error: Error }) {
  const problems = error instanceof AdminRefused ? error.problems : [];
  return (
    <div role="alert">
      <Badge variant="error">Refused</Badge> {error.message}
      {problems.length === 0 ? null : (
        <ul>
          {problems.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code>: {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
