/** Persons who were erased: the orders with their proofs, the newest first, and how to order one. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import type { ErasureRecord } from "#actors/policy/state.ts";
import { useErasures, useMembers } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { dateTime } from "../logic/format.ts";
import { Card } from "../ui/page.tsx";
import { Nothing, Show } from "../ui/states.tsx";
import { EraseDialog } from "./erasure-dialog.tsx";
import { Proof } from "./erasure-proof.tsx";

function Order({ erasure }: { erasure: ErasureRecord }) {
  const { member, at, done } = erasure;
  return (
    <li className="stack" style={{ gap: 8 }}>
      <div className="toolbar">
        <strong className="wrap-anywhere">{member}</strong>
        <Badge variant={done === undefined ? "warning" : "success"}>
          {done === undefined ? "under way" : "erased"}
        </Badge>
        <span className="small soft">ordered {dateTime(at)}</span>
      </div>
      {done === undefined ? (
        <p className="small soft">
          Their own actor was not reached yet; it is tried until it has destroyed the key.
        </p>
      ) : (
        <details>
          <summary className="small">The proof for {member}</summary>
          <div style={{ paddingTop: 8 }}>
            <Proof member={member} proof={done} />
          </div>
        </details>
      )}
    </li>
  );
}

export function Erasures() {
  const erasures = useErasures();
  const members = useMembers();
  const isAdmin = useSession().role === "admin";
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Card
        title="Erased persons"
        side={
          isAdmin ? (
            <Button size="sm" variant="secondary-destructive" onClick={() => setOpen(true)}>
              Erase a person
            </Button>
          ) : null
        }
      >
        <Show loaded={erasures}>
          {({ erasures: orders }) =>
            orders.length === 0 ? (
              <Nothing title="Nobody was erased">
                What is kept of texts is encrypted under a key of each person's own. Erasing one
                destroys their key; the log stays whole.
              </Nothing>
            ) : (
              <ul className="card-body stack">
                {orders
                  .toSorted((a, b) => b.order - a.order)
                  .map((erasure) => (
                    <Order key={erasure.order} erasure={erasure} />
                  ))}
              </ul>
            )
          }
        </Show>
      </Card>
      {isOpen ? (
        <EraseDialog
          members={(members.data?.members ?? []).map(({ id }) => id)}
          onOrdered={erasures.reload}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
