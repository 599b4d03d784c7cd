import type { Health } from "@adyton/protocol";
import type { HttpServer } from "./adapters/http/serve-http.ts";
import type { BackendPool, PooledBackend } from "./app/backend-pool.ts";
import type { Counters, Metric } from "./app/metrics.ts";
import type { Turns } from "./app/turns.ts";
import type { JournalPort } from "./ports/journal.ts";

export interface MetricSources {
  readonly version: string;
  readonly journal: JournalPort;
  readonly turns: Turns;
  readonly backends: BackendPool;
  /** What the exit filter took out since the start, by kind. */
  readonly redacted: Counters;
  readonly server: () => HttpServer | undefined;
  readonly doors: () => Health["parts"];
}

/** The node's figures as they stand now. */
export function nodeMetrics({
  version,
  journal,
  turns,
  backends,
  redacted,
  server,
  doors,
}: MetricSources): readonly Metric[] {
  return [
    {
      name: "adyton_info",
      help: "The running version.",
      type: "gauge",
      samples: [{ value: 1, labels: { version } }],
    },
    one("adyton_journal_last_seq", "The newest record of the journal.", journal.lastSeq, "counter"),
    one(
      "adyton_journal_ok",
      "1 while the journal can be written.",
      journal.storage === "ok" ? 1 : 0,
    ),
    one("adyton_turns_running", "Turns being answered.", turns.running),
    one("adyton_turns_waiting", "Turns waiting in their lanes.", turns.waiting),
    {
      name: "adyton_turns_total",
      help: "Turns since the start, by how they ended.",
      type: "counter",
      samples: turns.ended.samples("end"),
    },
    one(
      "adyton_backend_ok",
      "1 while a model server answers, 0 while none does.",
      backends.first("chat")?.health().status === "ok" ? 1 : 0,
    ),
    ...backendMetrics(backends),
    {
      name: "adyton_exit_redacted_total",
      help: "What the exit filter took out of replies since the start, by kind.",
      type: "counter",
      samples: redacted.samples("kind"),
    },
    ...doorMetrics(doors()),
    one("adyton_http_connections", "Open connections.", server()?.openConnections ?? 0),
    one("adyton_http_streams", "Open streams.", server()?.openStreams ?? 0),
    one("adyton_sockets", "Open sockets that speak in messages.", server()?.openSockets ?? 0),
    one("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss()),
    one("process_cpu_seconds_total", "Processor time used.", cpuSeconds(), "counter"),
  ];
}

/** Whether each messenger is reached, and who knocks in vain. None without a messenger. */
function doorMetrics(doors: Health["parts"]): readonly Metric[] {
  if (doors.length === 0) return [];
  const each = (value: (door: Health["parts"][number]) => number): Metric["samples"] =>
    doors.map((door) => ({ value: value(door), labels: { channel: door.name } }));
  return [
    {
      name: "adyton_door_ok",
      help: "1 while the messenger is reached.",
      type: "gauge",
      samples: each(({ status }) => (status === "ok" ? 1 : 0)),
    },
    {
      name: "adyton_strangers_total",
      help: "Updates from people who may not speak, since the start.",
      type: "counter",
      samples: each(({ strangers }) => strangers ?? 0),
    },
  ];
}

/** What each model server does. */
function backendMetrics(pool: BackendPool): readonly Metric[] {
  const each = (
    name: string,
    help: string,
    type: Metric["type"],
    value: (member: PooledBackend) => number,
  ): Metric => ({
    name,
    help,
    type,
    samples: pool.members.map((member) => ({
      value: value(member),
      labels: { backend: member.backend.name },
    })),
  });
  const gauge = "gauge" as const;
  const counter = "counter" as const;
  return [
    each("adyton_backend_up", "1 while the model server answers.", gauge, ({ backend }) =>
      backend.health().status === "ok" ? 1 : 0,
    ),
    each("adyton_backend_in_flight", "Requests under way.", gauge, ({ backend }) =>
      pool.inFlight(backend.name),
    ),
    each("adyton_backend_requests_total", "Requests since the start.", counter, ({ backend }) =>
      pool.asked.value(backend.name),
    ),
    each("adyton_backend_failures_total", "Requests that it failed.", counter, ({ backend }) =>
      pool.failed.value(backend.name),
    ),
    each(
      "adyton_backend_stalled_seconds_total",
      "Seconds that answers stood still until this server took them over from one that failed.",
      counter,
      ({ backend }) => pool.stalledMs.value(backend.name) / 1_000,
    ),
  ];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function one(name: string, help: string, value: number, type: Metric["type"] = "gauge"): Metric {
  return { name, help, type, samples: [{ value }] };
}
