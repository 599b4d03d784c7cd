import * as z from "zod";

export type Json = Record<string, unknown>;

/**
 * The schemas of a specification: each schema with an id of its own becomes a component, once, and is referred to from
 * everywhere else. A request's and a response's reading of one schema may differ, by its defaults; two readings that
 * differ under one id are refused, because a specification has one name for one shape.
 */
export class Components {
  readonly #schemas = new Map<string, Json>();
  readonly #responses = new Map<string, Json>();

  /** The schema in place, or a reference to it when it has an id. */
  schema(schema: z.ZodType, io: "input" | "output"): Json {
    const {
      $schema: _dialect,
      $defs,
      ...root
    } = z.toJSONSchema(schema, {
      io,
      override: ({ jsonSchema }) => simplify(jsonSchema),
    });
    for (const [id, definition] of Object.entries($defs ?? {})) this.#add(id, definition);
    return pointed(root);
  }

  /** A reference to a schema that has no id of its own and gets this one. */
  named(id: string, schema: z.ZodType, io: "input" | "output"): Json {
    this.#add(id, this.schema(schema, io));
    return { $ref: `#/components/schemas/${id}` };
  }

  /** A reference to an answer that several operations share. */
  response(name: string, answer: Json): Json {
    this.#responses.set(name, answer);
    return { $ref: `#/components/responses/${name}` };
  }

  get schemas(): Json {
    return sorted(this.#schemas);
  }

  get responses(): Json {
    return sorted(this.#responses);
  }

  #add(id: string, definition: unknown): void {
    const schema = pointed(definition);
    const known = this.#schemas.get(id);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`two shapes have the id ${id}`);
    this.#schemas.set(id, schema);
  }
}

function sorted(entries: ReadonlyMap<string, Json>): Json {
  return Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Takes out what no reader needs: the regular expression of a named format, and the bounds of every safe integer. */
function simplify(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format === "date-time" || schema.format === "date") delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

/** The same schema with its references pointing to the specification's components, and no ids. */
function pointed(schema: unknown): Json {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === "$ref" && typeof value === "string"
      ? value.replace("#/$defs/", "#/components/schemas/")
      : key === "$id" || key === "$schema"
        ? undefined
        : value,
  );
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}
