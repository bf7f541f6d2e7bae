/** One sample of a page in Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads a page. Comments, timestamps and lines that are no samples are passed over: a page is never an error. */
export function parseExposition(page: string, wanted: (name: string) => boolean = () => true): Sample[] {
  const samples: Sample[] = [];
  for (const line of page.split('\n')) {
    const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
    if (name === undefined || !wanted(name)) continue;
    const [labels, end] = line[name.length] === '{' ? readLabels(line, name.length + 1) : [{}, name.length];
    const value = toNumber(line.slice(end).trim().split(/\s+/)[0] ?? '');
    if (value !== undefined) samples.push({ name, labels, value });
  }
  return samples;
}

/** @returns the labels, and where what follows them begins */
function readLabels(line: string, from: number): [Record<string, string>, number] {
  const labels: Record<string, string> = {};
  const label = /\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*,?/y;
  label.lastIndex = from;
  let end = from;
  for (let found = label.exec(line); found; found = label.exec(line)) {
    labels[found[1]!] = found[2]!.replace(/\\(.)/g, (_all, letter: string) => (letter === 'n' ? '\n' : letter));
    end = label.lastIndex;
  }
  return [labels, line.indexOf('}', end) + 1];
}

function toNumber(text: string): number | undefined {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  if (text === 'NaN') return NaN;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}
