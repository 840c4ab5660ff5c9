/** What the description of the API is put together from: schemas as JSON Schema, operations, answers. */
import * as z from "zod";

export type Schema = Record<string, unknown>;

/** What a caller may send; with `"output"`, what is answered. */
export function sent(schema: z.ZodType, io: "input" | "output" = "input"): Schema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override({ jsonSchema }) {
      // Every integer has these bounds; saying so each time is most of the file.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      // A format says it; the pattern behind it is long.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return rest;
}

export const json = (schema: Schema): Schema => ({ content: { "application/json": { schema } } });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const answered = (schema: z.ZodType): Schema => sent(schema, "output");

export const failures = {
  default: { description: "Refused, with a code", ...json(ref("Error")) },
};

export function operation(summary: string, answer: Schema, more: Schema = {}): Schema {
  return {
    summary,
    responses: { "200": { description: "Done", ...json(answer) }, ...failures },
    ...more,
  };
}

export const body = (schema: Schema): Schema => ({
  requestBody: { required: true, ...json(schema) },
});

export function query(schema: z.ZodType): Schema {
  const { properties = {}, required = [] } = sent(schema) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return {
    parameters: Object.entries(properties).map(([name, property]) => ({
      name,
      in: "query",
      required: required.includes(name),
      schema: property,
    })),
  };
}

export const list = (name: string): Schema => ({
  type: "object",
  properties: { [name]: { type: "array", items: { type: "object" } } },
  required: [name],
});
