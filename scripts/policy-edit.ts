/** Reads and changes places in a policy document by path, the way people name them. */
import { entryName } from "#policy/diff.ts";
import { Complaint, MISUSED } from "./policy-target.ts";

/** What a plain value means when it is set on a whole entry of a list. */
const shorthands: Record<string, string> = {
  limits: "limit",
  concurrency: "limit",
  budgets: "limitUsd",
  "dlp.rules": "action",
};

type Container = Record<string, unknown> | unknown[];

interface Place {
  parent: Container;
  key: string | number;
  exists: boolean;
}

/** The value at a path, as in `limits.rpm.limit` or `tiers.standard.candidates[0]`. */
export function getAt(document: unknown, path: string): unknown {
  if (path === "") return document;
  const { parent, key, exists } = find(document as Container, path);
  if (!exists) throw new Complaint(`There is nothing at "${path}".`, MISUSED);
  return valueOf(parent, key);
}

/** Sets the value at a path, in place. `limits.rpm=120` sets the limit of the entry named rpm. */
export function setAt(document: unknown, path: string, value: unknown): void {
  const { parent, key, exists } = find(document as Container, path);
  const list = path.slice(0, path.lastIndexOf("."));
  const field = Array.isArray(parent) ? shorthands[list] : undefined;
  const entry = exists ? valueOf(parent, key) : undefined;
  if (field !== undefined && typeof value !== "object" && typeof entry === "object") {
    (entry as Record<string, unknown>)[field] = value;
    return;
  }
  if (!exists && Array.isArray(parent)) {
    parent.push(withName(value, String(key), path));
    return;
  }
  (parent as Record<string | number, unknown>)[key] = value;
}

/** Takes away what is at a path. */
export function unsetAt(document: unknown, path: string): void {
  const { parent, key, exists } = find(document as Container, path);
  if (!exists) throw new Complaint(`There is nothing at "${path}".`, MISUSED);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

/** A value as people type it: JSON when it is JSON, else the text itself. */
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A new entry of a list has to be an object; its name is the one in the path. */
function withName(value: unknown, name: string, path: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Complaint(
      `There is no entry "${path}". To add one, set it to a JSON object.`,
      MISUSED,
    );
  }
  return entryName(value) === undefined ? { name, ...value } : value;
}

function find(root: Container, path: string): Place {
  let parent = root;
  let rest = path;
  for (;;) {
    const { key, left, exists } = step(parent, rest, path);
    if (left === "") return { parent, key, exists };
    const next = exists ? valueOf(parent, key) : {};
    if (typeof next !== "object" || next === null) {
      throw new Complaint(`"${path}" goes into something that has no parts.`, MISUSED);
    }
    if (!exists) {
      if (Array.isArray(parent)) {
        throw new Complaint(`There is no entry "${key}" in "${path}".`, MISUSED);
      }
      parent[key] = next;
    }
    parent = next as Container;
    rest = left;
  }
}

/** One step down: names may hold dots themselves, so the longest that fits is taken. */
function step(
  parent: Container,
  rest: string,
  path: string,
): { key: string | number; left: string; exists: boolean } {
  const index = /^\[(\d+)\]\.?/.exec(rest);
  if (index !== null && Array.isArray(parent)) {
    const key = Number(index[1]);
    return { key, left: rest.slice(index[0].length), exists: key < parent.length };
  }
  const names = Array.isArray(parent) ? parent.map(entryName) : Object.keys(parent);
  let best: string | undefined;
  for (const name of names) {
    const fits = name !== undefined && (rest === name || /^[.[]/.test(rest.slice(name.length)));
    if (fits && rest.startsWith(name) && name.length > (best?.length ?? -1)) best = name;
  }
  const name = best ?? /^[^.[]+/.exec(rest)?.[0];
  if (name === undefined || name === "__proto__") {
    throw new Complaint(`"${path}" is no path; write one as limits.rpm.limit.`, MISUSED);
  }
  const left = rest.slice(name.length).replace(/^\./, "");
  const key = Array.isArray(parent) && best !== undefined ? names.indexOf(best) : name;
  return { key, left, exists: best !== undefined };
}

function valueOf(parent: Container, key: string | number): unknown {
  return (parent as Record<string | number, unknown>)[key];
}
