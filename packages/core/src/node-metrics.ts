import type { HttpServer } from "./adapters/http/serve-http.ts";
import type { Metric } from "./app/metrics.ts";
import type { Turns } from "./app/turns.ts";
import type { Backend } from "./ports/backend.ts";
import type { JournalPort } from "./ports/journal.ts";

export interface MetricSources {
  readonly version: string;
  readonly journal: JournalPort;
  readonly turns: Turns;
  readonly backend: () => Backend | undefined;
  readonly server: () => HttpServer | undefined;
}

/** The node's figures as they stand now. */
export function nodeMetrics({
  version,
  journal,
  turns,
  backend,
  server,
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
      "1 while the model server answers, 0 while it does not or there is none.",
      backend()?.health().status === "ok" ? 1 : 0,
    ),
    one("adyton_http_connections", "Open connections.", server()?.openConnections ?? 0),
    one("adyton_http_streams", "Open streams.", server()?.openStreams ?? 0),
    one("adyton_sockets", "Open sockets that speak in messages.", server()?.openSockets ?? 0),
    one("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss()),
    one("process_cpu_seconds_total", "Processor time used.", cpuSeconds(), "counter"),
  ];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function one(name: string, help: string, value: number, type: Metric["type"] = "gauge"): Metric {
  return { name, help, type, samples: [{ value }] };
}
