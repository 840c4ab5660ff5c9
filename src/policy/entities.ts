/**
 * The service that finds what no pattern can (names, free-form addresses), as a policy document holds
 * it, and what a data rule may ask of it.
 */
import * as z from "zod";
import { entityTypesMax, nameCharsMax } from "./limits.ts";
import { serviceFields, serviceProblems } from "./service.ts";
import type { PolicyProblem } from "./validate.ts";

/** A kind of thing that the service finds: `person`, `postal-address`. It stands in placeholders. */
export const EntityType = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "a type in small letters, digits and hyphens")
  .max(nameCharsMax);

/** Who is asked about prompts that a rule with `entity` watches. */
export const Entities = z.strictObject({
  ...serviceFields,
  /** What it can find; rules name these. */
  types: z.array(EntityType).min(1).max(entityTypesMax),
  /** Without an answer: `block` refuses what an enforced rule would have looked at, `pass` lets it. */
  onFailure: z.enum(["block", "pass"]).default("block"),
});
export type PolicyEntities = z.infer<typeof Entities>;

/** What is wrong with the service, and with rules that name what it does not find. */
export function entityProblems(
  {
    entities,
    rules,
  }: { entities?: PolicyEntities | undefined; rules: readonly { entity?: string | undefined }[] },
  allowPrivate: boolean,
): PolicyProblem[] {
  const words = { asked: "the service", bound: "another Worker" };
  const problems =
    entities === undefined ? [] : serviceProblems("dlp.entities", entities, allowPrivate, words);
  for (const [index, { entity }] of rules.entries()) {
    if (entity === undefined || entities?.types.includes(entity) === true) continue;
    const message =
      entities === undefined
        ? "a rule names an entity only where `dlp.entities` says who finds it"
        : `"${entity}" is not among the types of \`dlp.entities\``;
    problems.push({ path: `dlp.rules[${index}].entity`, message });
  }
  return problems;
}
