import { HEALTH_CODES, type Health, type HealthState } from './health.js';
import type { Status } from './status.js';

// The status in Prometheus' text exposition format, for the textfile collector of the node exporter. Runs are summed up by
// name: a label that changes with every run would leave a new series each day.

/** A run and how it stands with it. */
export interface Checked {
  status: Status;
  health: Health;
}

interface Metric {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  /** The samples of one run name: labels beside it, and the value; null: not known. */
  samples(runs: readonly Checked[]): [labels: Record<string, string>, value: number | null][];
}

const PREFIX = 'horror_story_';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const latest = (times: readonly (string | null | undefined)[]) => {
  const known = times.flatMap((time) => (time == null ? [] : [Date.parse(time) / 1000]));
  return known.length === 0 ? null : Math.max(...known);
};

const single = (value: (runs: readonly Checked[]) => number | null): Metric['samples'] => {
  return (runs) => [[{}, value(runs)]];
};
const summed = (value: (status: Status) => number): Metric['samples'] =>
  single((runs) => sum(runs.map(({ status }) => value(status))));

const STATES = Object.keys(HEALTH_CODES) as HealthState[];

const METRICS: readonly Metric[] = [
  {
    name: 'workers',
    type: 'gauge',
    help: 'Workers that are at work.',
    samples: summed(({ end }) => (end === null ? 1 : 0)),
  },
  {
    name: 'health',
    type: 'gauge',
    help: 'Runs by how it stands with their worker, as npm run status -- --check says it.',
    samples: (runs) => STATES.map((state) => [{ state }, runs.filter(({ health }) => health.state === state).length]),
  },
  { name: 'stories_total', type: 'counter', help: 'Stories saved in this run.', samples: summed((s) => s.stories) },
  {
    name: 'attempts_total',
    type: 'counter',
    help: 'Attempts at a story in this run.',
    samples: summed((s) => s.attempts),
  },
  {
    name: 'set_aside_total',
    type: 'counter',
    help: 'Answers of this run that were paid for and are no stories.',
    samples: summed((s) => s.set_aside),
  },
  {
    name: 'resumes_total',
    type: 'counter',
    help: 'How often this run was taken up again.',
    samples: summed((s) => s.resumes),
  },
  {
    name: 'tokens_total',
    type: 'counter',
    help: 'Tokens that this run has used, as far as endpoints reported them.',
    samples: (runs) => [
      [{ direction: 'input' }, sum(runs.map(({ status }) => status.tokens.input_tokens))],
      [{ direction: 'output' }, sum(runs.map(({ status }) => status.tokens.output_tokens))],
    ],
  },
  {
    name: 'calls_without_usage_total',
    type: 'counter',
    help: 'Calls of this run whose token usage is not known.',
    samples: summed((s) => s.calls_without_usage),
  },
  {
    name: 'cost_usd_total',
    type: 'counter',
    help: 'What this run has cost at list prices, in US dollars.',
    samples: single((runs) => {
      const costs = runs.flatMap(({ status }) => status.cost_usd ?? []);
      return costs.length === 0 ? null : sum(costs);
    }),
  },
  {
    name: 'failures_in_a_row',
    type: 'gauge',
    help: 'Attempts that have failed since the last story.',
    samples: single((runs) => Math.max(...runs.map(({ status }) => status.failures_in_a_row))),
  },
  {
    name: 'run_started_timestamp_seconds',
    type: 'gauge',
    help: 'When this run first started.',
    samples: single((runs) => latest(runs.map(({ status }) => status.started_at))),
  },
  {
    name: 'last_story_timestamp_seconds',
    type: 'gauge',
    help: 'When the last story was saved.',
    samples: single((runs) => latest(runs.map(({ status }) => status.last_story?.at))),
  },
  {
    name: 'last_record_timestamp_seconds',
    type: 'gauge',
    help: 'When the ledger was last written to.',
    samples: single((runs) => latest(runs.map(({ status }) => status.last_record_at))),
  },
];

/** @param noRun the name to speak of when there is no run at all */
export function toPrometheus(checked: readonly Checked[], noRun: string): string {
  const names = [...new Set(checked.map(({ status }) => status.run_name))].sort();
  if (names.length === 0) return describeMetric(metric('workers'), [line('workers', { run_name: noRun }, 0)]);
  return METRICS.map((each) => {
    const lines = names.flatMap((name) => {
      const runs = checked.filter(({ status }) => status.run_name === name);
      return each
        .samples(runs)
        .flatMap(([labels, value]) => (value === null ? [] : [line(each.name, { run_name: name, ...labels }, value)]));
    });
    return lines.length === 0 ? '' : describeMetric(each, lines);
  }).join('');
}

function metric(name: string): Metric {
  const found = METRICS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no such metric: ${name}`);
  return found;
}

function describeMetric({ name, type, help }: Metric, lines: readonly string[]): string {
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n${lines.join('')}`;
}

function line(name: string, labels: Record<string, string>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${PREFIX}${name}{${pairs.join(',')}} ${value}\n`;
}

/** Backslash, quote and line feed are the three that the format escapes. */
function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
