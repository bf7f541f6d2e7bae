import { endOfName } from '../../measurement/server/exposition';

/** A metrics page in Prometheus' text format, and the role that serves it. */
export interface RolePage {
  readonly role: string;
  readonly text: string;
}

interface Family {
  readonly header: string[];
  readonly samples: string[];
}

/**
 * Merges the pages of a machine's processes into one. Each family appears once, with its first HELP and TYPE. Each sample
 * gets the label `role`, unless it has one: the page of the host role contains the samples of the host processes.
 */
export function mergePages(pages: readonly RolePage[]): string {
  const families = new Map<string, Family>();
  for (const { role, text } of pages) {
    let current = '';
    for (const line of text.split('\n')) {
      const isComment = line.startsWith('#');
      const [, kind, named] = (isComment ? /^# (HELP|TYPE) (\S+)/.exec(line) : undefined) ?? [];
      if (kind === undefined && (isComment || line.trim() === '')) continue;
      const sample = isComment ? '' : line.slice(0, endOfName(line, 0, line.length));
      current = named ?? (belongsTo(sample, current) ? current : sample);
      let family = families.get(current);
      if (!family) families.set(current, (family = { header: [], samples: [] }));
      if (kind === undefined) family.samples.push(withRole(line, sample, role));
      else if (!family.header.some((one) => one.startsWith(`# ${kind} `))) family.header.push(line);
    }
  }
  const lines = [...families.values()].filter(({ samples }) => samples.length > 0);
  return lines.map(({ header, samples }) => [...header, ...samples, ''].join('\n')).join('');
}

/** Returns whether a sample belongs to a family. The samples of histograms and summaries have suffixes. */
function belongsTo(sample: string, family: string): boolean {
  return sample === family || ['_bucket', '_sum', '_count'].some((suffix) => sample === `${family}${suffix}`);
}

function withRole(line: string, name: string, role: string): string {
  const rest = line.slice(name.length);
  if (!rest.startsWith('{')) return `${name}{role="${role}"}${rest}`;
  if (/[{,]role="/.test(rest)) return line;
  const labels = rest.slice(1);
  return `${name}{role="${role}"${labels.startsWith('}') ? '' : ','}${labels}`;
}
