/** Shapes that several parts of a policy document share: names, patterns, and to whom a rule applies. */
import * as z from "zod";
import { nameCharsMax, routesMax, tiersMax } from "./limits.ts";

export const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a name of letters, digits, dot, dash and underscore")
  .max(nameCharsMax);

/** A model name as callers write it; a `*` stands for any run of characters, alone for all names. */
export const ModelPattern = z.string().min(1).max(200);

/** To whom a rule applies: every list that is given must match. */
export const When = z.strictObject({
  members: z.array(z.string().max(200)).max(1_000).optional(),
  teams: z.array(Name).max(1_000).optional(),
  tiers: z.array(Name).max(tiersMax).optional(),
  models: z.array(ModelPattern).max(200).optional(),
  keys: z.array(Name).max(1_000).optional(),
  tags: z.array(z.string().max(200)).max(200).optional(),
});

/** To which requests a limit or a budget applies: also by the route that takes them. */
export const RuleWhen = z.strictObject({
  ...When.shape,
  routes: z.array(Name).max(routesMax).optional(),
});
