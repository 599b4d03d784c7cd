import { type RouteId, routes } from "@adyton/protocol";

// What a call of a route takes and answers, read off the contract's own table.

type RouteOf<Id extends RouteId> = Extract<(typeof routes)[number], { readonly id: Id }>;
type Input<S> = S extends { readonly _zod: { readonly input: infer T } } ? T : never;
type Output<S> = S extends { readonly _zod: { readonly output: infer T } } ? T : never;
type BodyOf<R> = R extends { readonly body: { readonly schema: infer S } } ? Input<S> : never;

export type Answer<Id extends RouteId> = Output<RouteOf<Id>["response"]["schema"]>;

export interface Call<Id extends RouteId> {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: BodyOf<RouteOf<Id>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Silence after which this call is given up. */
  readonly quietMs?: number;
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false };
}

/** The schema of a route's answer. */
export function answerSchema<Id extends RouteId>(id: Id): Schema<Answer<Id>> {
  const route = routes.find((each) => each.id === id);
  if (route === undefined) throw new TypeError(`the contract has no route ${id}`);
  // The table is searched by the very id that the type names.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return route.response.schema as Schema<Answer<Id>>;
}
