/**
 * Signing in with the organisation's identity provider or with an API key; a one-time link signs in by
 * itself.
 */
import { Banner } from "@cloudflare/kumo/components/banner";
import { Button } from "@cloudflare/kumo/components/button";
import { useEffect, useState, type FormEvent } from "react";
import { ApiError } from "../data/api.ts";
import {
  readProviders,
  signInWithKey,
  type Session,
  type SignInProvider,
} from "../data/session.ts";

export function Door(props: { reason: string | undefined; onEnter: (session: Session) => void }) {
  const [key, setKey] = useState("");
  const [message, setMessage] = useState(props.reason);
  const [isBusy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    signInWithKey(key.trim()).then(props.onEnter, (error: unknown) => {
      setMessage(error instanceof ApiError ? error.message : String(error));
      setBusy(false);
    });
  };
  return (
    <main className="door">
      <div className="card door-card">
        <div className="rail-brand">
          <img src="/console/favicon.svg" alt="" width={28} height={28} />
          Tallygate
        </div>
        <h1>Sign in</h1>
        {message === undefined ? null : (
          <div role="alert">
            <Banner variant="alert" description={message} />
          </div>
        )}
        <Providers />
        <form onSubmit={submit}>
          <label className="field">
            <span>API key</span>
            <input
              className="control mono"
              type="password"
              autoComplete="current-password"
              name="key"
              placeholder="tg_…"
              required
              autoFocus
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          </label>
          <Button type="submit" variant="primary" loading={isBusy} disabled={key.trim() === ""}>
            Sign in
          </Button>
        </form>
        <p className="small soft">
          The key is traded for a session of twelve hours and is not kept in this browser. Whoever
          runs the gateway can also give you a link that signs you in once; <code>npm start</code>{" "}
          prints one.
        </p>
      </div>
    </main>
  );
}

/** The ways in beside a key, where the gateway has any. */
function Providers() {
  const [providers, setProviders] = useState<readonly SignInProvider[]>([]);
  useEffect(() => {
    void readProviders().then(setProviders);
  }, []);
  if (providers.length === 0) return null;
  return (
    <div className="door-providers">
      {providers.map(({ id, name }) => (
        <a className="door-provider" key={id} href={`/session/providers/${id}`}>
          Sign in with {name}
        </a>
      ))}
      <p className="door-or small soft">or with a key</p>
    </div>
  );
}
