/** A panel of the dashboard. */
export interface Panel {
  readonly title: string;
  readonly unit: 's' | 'short' | 'ops' | 'percentunit' | 'bytes';
  readonly queries: readonly (readonly [legend: string, expr: string])[];
  /** What the panel shows; by default the note of its section. */
  readonly description?: string;
  /** A limit of the tool, or of a finding, in the unit of the panel. The panel shows it as a line. */
  readonly limit?: readonly ['at most' | 'at least', number];
}

export interface Section {
  readonly title: string;
  /** A note that each panel of the section shows. */
  readonly description?: string;
  readonly panels: readonly Panel[];
}

const RATE = '$__rate_interval';

export function quantile(q: number, metric: string, by = '', where = ''): string {
  return `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket${where}[${RATE}])))`;
}

export function rate(metric: string, by: string, where = ''): string {
  return `sum by (${by}) (rate(${metric}${where}[${RATE}]))`;
}

/**
 * Returns a quantile, in seconds, of a latency of a Temporal server with any metrics framework: tally (seconds without a
 * suffix), or OpenTelemetry with milliseconds or seconds.
 */
export function serverQuantile(q: number, metric: string, by = '', where = ''): string {
  const [tally, seconds, milliseconds] = ['', '_seconds', '_milliseconds'].map((unit) =>
    quantile(q, `${metric}${unit}`, by, where),
  );
  return `${tally} or ${seconds} or ${milliseconds} / 1000`;
}

/** Returns the growth per second of a counter of a Temporal server, with or without the suffix `_total`. */
export function serverRate(metric: string, by = '', where = ''): string {
  const sum = (name: string) => (by === '' ? `sum(rate(${name}${where}[${RATE}]))` : rate(name, by, where));
  return `(${sum(metric)} or ${sum(`${metric}_total`)})`;
}
