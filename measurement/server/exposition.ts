/** One sample of a page in the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Reads the wanted samples of a page. Ignores comments, timestamps and malformed lines, and never throws. It skips
 * unwanted lines without parsing them, because it runs during a measurement and most of a server's page is unwanted.
 */
export function parseExposition(page: string, wanted: (name: string) => boolean = () => true): Sample[] {
  const samples: Sample[] = [];
  let [last, lastIsWanted] = ['', false];
  for (let at = 0; at < page.length;) {
    const newline = page.indexOf('\n', at);
    const end = newline === -1 ? page.length : newline;
    const nameEnd = endOfName(page, at, end);
    if (nameEnd > at) {
      // Samples of one name follow each other.
      const same = nameEnd - at === last.length && page.startsWith(last, at);
      if (!same) {
        last = page.slice(at, nameEnd);
        lastIsWanted = wanted(last);
      }
      if (lastIsWanted) readSample(page.slice(at, end), last, samples);
    }
    at = end + 1;
  }
  return samples;
}

function readSample(line: string, name: string, samples: Sample[]): void {
  const [labels, end] = line[name.length] === '{' ? readLabels(line, name.length + 1) : [{}, name.length];
  const value = toNumber(line.slice(end).trim().split(/\s+/)[0] ?? '');
  if (value !== undefined) samples.push({ name, labels, value });
}

/** Returns the index at which the metric name that starts at `from` ends, or `from` if there is no name. */
export function endOfName(text: string, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const code = text.charCodeAt(at);
    const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 58;
    const isDigit = code >= 48 && code <= 57;
    if (!isLetter && !(isDigit && at > from)) break;
    at += 1;
  }
  return at;
}

/** @returns the labels, and the index of the text that follows them */
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
