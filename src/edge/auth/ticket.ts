/**
 * A key in an address, for that address alone and for an hour: what is read by somebody who sends no
 * headers (the stream of a prediction). It stands for the caller who was given the address.
 */
import * as z from "zod";
import type { Principal } from "#policy/snapshot.ts";
import { openValue, sealValue } from "./signed.ts";

/** How long a ticket is good: as long as Replicate keeps a prediction's answer. */
const ticketMs = 60 * 60 * 1000;

const Ticket = z.strictObject({
  organisation: z.string(),
  member: z.string(),
  keyId: z.string().optional(),
  path: z.string(),
  until: z.int(),
});

/** Whether a token is one of these: other tokens begin with a header of JSON. */
export function isTicket(token: string): boolean {
  return token.startsWith("v1.");
}

/** A ticket for whoever asked, to `path` of this gateway. */
export function sealTicket(
  secret: string,
  { organisation, member, keyId }: Principal,
  path: string,
  at: number,
): string {
  const whose = { organisation, member: member.id, ...(keyId !== undefined && { keyId }) };
  return sealValue(secret, "ticket", { ...whose, path, until: at + ticketMs });
}

/** Whose ticket it is; undefined where it is none, is over, or is for another address. */
export function openTicket(
  secret: string,
  token: string,
  request: Request,
  at: number,
): z.output<typeof Ticket> | undefined {
  const ticket = openValue(secret, "ticket", token, Ticket);
  const isHere =
    ticket !== undefined &&
    request.method === "GET" &&
    ticket.path === new URL(request.url).pathname;
  return isHere && ticket.until > at ? ticket : undefined;
}
