import type { Backend, BackendRole } from "../../ports/backend.ts";
import type { BackendPool, LeaseRequest } from "../backend-pool.ts";

/**
 * Whom texts are given to: the servers that are configured for it, or, where none is, whichever chat server has an
 * embedding model beside its own.
 */
export function embedders(pool: BackendPool): {
  readonly backends: readonly Backend[];
  /** What to lease one of them by. */
  readonly request: Pick<LeaseRequest, "role" | "without">;
} {
  const own = pool.of("embeddings");
  const role: BackendRole = own.length > 0 ? "embeddings" : "chat";
  const candidates = pool.of(role).map(({ backend }) => backend);
  const able = candidates.filter(
    (backend) => backend.embed !== undefined && (backend.embeddingModel ?? "") !== "",
  );
  const others = candidates.filter((backend) => !able.includes(backend));
  return { backends: able, request: { role, without: new Set(others.map(({ name }) => name)) } };
}
