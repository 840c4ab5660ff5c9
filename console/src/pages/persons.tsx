/** What persons have a right to: evidence of what the log has of them, and being erased. */
import { Erasures } from "./erasures.tsx";
import { MemberEvidence } from "./member-evidence.tsx";

export function Persons() {
  return (
    <div className="stack">
      <MemberEvidence />
      <Erasures />
    </div>
  );
}
