/** The frame around every page: where one can go, who one is, which theme. */
import { Button } from "@cloudflare/kumo/components/button";
import {
  ChartLine,
  ClockCounterClockwise,
  CloudArrowUp,
  CloudSlash,
  DesktopTower,
  ListBullets,
  Moon,
  ShieldCheck,
  SignOut,
  Sun,
  Users,
  Wallet,
  type Icon,
} from "@phosphor-icons/react";
import { lazy, Suspense, useEffect, useRef, useState, type ComponentType } from "react";
import { retryAll, useConnection } from "../data/connection.ts";
import { useLink } from "../data/router.ts";
import { signOut, useSession } from "../data/session.ts";
import { pagesFor, pathOf, placeOf, type PageName } from "../logic/address.ts";
import { clock } from "../logic/format.ts";
import { Boundary } from "../ui/boundary.tsx";
import { Nothing, Skeleton } from "../ui/states.tsx";
import { useTheme, type Theme } from "../ui/theme.ts";
import { Overview } from "./overview.tsx";

const titles: Record<PageName, [title: string, icon: Icon]> = {
  overview: ["Overview", ChartLine],
  requests: ["Requests", ListBullets],
  budgets: ["Budgets and limits", Wallet],
  policy: ["Policy", ShieldCheck],
  members: ["Keys and members", Users],
  audit: ["Audit", ClockCounterClockwise],
  providers: ["Providers", CloudArrowUp],
};

const pages: Record<PageName, ComponentType<{ rest: string | undefined }>> = {
  overview: Overview,
  requests: lazy(async () => ({ default: (await import("./requests.tsx")).Requests })),
  budgets: lazy(async () => ({ default: (await import("./budgets.tsx")).Budgets })),
  policy: lazy(async () => ({ default: (await import("./policy.tsx")).Policy })),
  members: lazy(async () => ({ default: (await import("./members.tsx")).Members })),
  audit: lazy(async () => ({ default: (await import("./audit.tsx")).Audit })),
  providers: lazy(async () => ({ default: (await import("./providers.tsx")).Providers })),
};

function RailLink({ page, isCurrent }: { page: PageName; isCurrent: boolean }) {
  const [title, Icon] = titles[page];
  const link = useLink(pathOf(page));
  const place = useRef<HTMLLIElement>(null);
  // On a narrow screen the rail is a row that scrolls: where one is must be in view.
  useEffect(() => {
    if (isCurrent) place.current?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }, [isCurrent]);
  return (
    <li ref={place}>
      <a {...link} aria-current={isCurrent ? "page" : undefined}>
        <Icon size={18} aria-hidden />
        {title}
      </a>
    </li>
  );
}

const nextTheme: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const themeIcons: Record<Theme, Icon> = { system: DesktopTower, light: Sun, dark: Moon };

function ThemeButton() {
  const { theme, choose } = useTheme();
  const next = nextTheme[theme];
  const Icon = themeIcons[theme];
  return (
    <Button
      variant="ghost"
      shape="square"
      icon={<Icon size={18} />}
      aria-label={`Theme: ${theme}. Change to ${next}.`}
      title={`Theme: ${theme}`}
      onClick={() => choose(next)}
    />
  );
}

function Rail({ page }: { page: PageName | undefined }) {
  const session = useSession();
  const home = useLink(pathOf("overview"));
  return (
    <div className="rail">
      <a className="rail-brand" {...home}>
        <img src="/console/favicon.svg" alt="" width={24} height={24} />
        Tallygate
      </a>
      <nav aria-label="Pages">
        <ul>
          {pagesFor(session.role).map((name) => (
            <RailLink key={name} page={name} isCurrent={name === page} />
          ))}
        </ul>
      </nav>
      <div className="rail-foot">
        <div className="who">
          <div title={session.member}>{session.name ?? session.member}</div>
          <div className="small soft">
            {session.role} · {session.organisation}
          </div>
        </div>
        <div className="rail-actions">
          <ThemeButton />
          <Button
            variant="ghost"
            shape="square"
            icon={<SignOut size={18} />}
            aria-label="Sign out"
            title="Sign out"
            onClick={() => void signOut().finally(() => location.assign(pathOf("overview")))}
          />
        </div>
      </div>
    </div>
  );
}

/** Shorter losses pass without a word. */
const quietMs = 1_500;

/** Whether a moment lies long enough back, once it does. */
function useLongAgo(since: number | undefined): boolean {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (since === undefined) return undefined;
    const timer = setTimeout(() => setLong(true), Math.max(since + quietMs - Date.now(), 0));
    return () => clearTimeout(timer);
  }, [since]);
  return since !== undefined && isLong;
}

/** Tells when there is no network or no connection: nothing below can be trusted to be new. */
function ConnectionNotice() {
  const connection = useConnection();
  const since = connection.kind === "lost" ? connection.since : undefined;
  const isLost = useLongAgo(since);
  const isOnline = useOnline();
  if (isOnline && !isLost) return null;
  return (
    <div className="notices">
      <div className="card card-body toolbar" role="status">
        <CloudSlash size={20} aria-hidden />
        <span style={{ flex: 1 }}>
          {isOnline
            ? `The connection to the gateway is lost. What you see is as of ${clock(since ?? Date.now())}; it is tried again by itself.`
            : "This browser is offline. What you see is from before; it goes on by itself."}
        </span>
        {isOnline ? (
          <Button size="sm" onClick={retryAll}>
            Try now
          </Button>
        ) : null}
      </div>
    </div>
  );
}

function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = (): void => setOnline(navigator.onLine);
    for (const name of ["online", "offline"]) window.addEventListener(name, look);
    return () => {
      for (const name of ["online", "offline"]) window.removeEventListener(name, look);
    };
  }, []);
  return isOnline;
}

export function Frame({ path }: { path: string }) {
  const session = useSession();
  const place = placeOf(path);
  const page = place.kind === "page" ? place.page : undefined;
  const main = useRef<HTMLElement>(null);
  const may = page !== undefined && pagesFor(session.role).includes(page);
  const Shown = page === undefined ? undefined : pages[page];
  return (
    <div className="frame">
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <Rail page={page} />
      <main className="page" ref={main} tabIndex={-1}>
        <ConnectionNotice />
        <Boundary key={page}>
          {Shown !== undefined && may ? (
            <Suspense fallback={<Skeleton lines={6} />}>
              <Shown rest={place.kind === "page" ? place.rest : undefined} />
            </Suspense>
          ) : (
            <Nothing
              title={
                page === undefined
                  ? "There is no such page"
                  : "This page is for admins and auditors"
              }
            >
              {page === undefined
                ? "The address may be mistyped."
                : "Ask an admin of your organisation if you need it."}
            </Nothing>
          )}
        </Boundary>
      </main>
    </div>
  );
}
