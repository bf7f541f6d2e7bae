import type { Finding } from './finding';
import type { HoldEvidence } from './hold-evidence';

/** Room above what the load needs. */
const ROOM = 1.25;

/** Gauges that tell what is in force, by the key that sets it: the measure, and the service that has it. Of a namespace there is none. */
const IN_FORCE: Readonly<Record<string, readonly [measure: string, service: string]>> = {
  'frontend.rps': ['rate limit of a service', 'frontend'],
  'history.rps': ['rate limit of a service', 'history'],
  'matching.rps': ['rate limit of a service', 'matching'],
};

/**
 * What to write into the server's dynamic configuration: what is in force, where the server tells it, or else the
 * default, times what the load needs more, with room.
 *
 * @param factor how many times what was let through the load needs
 * @returns nothing for a knob that is no key, or has no number
 */
export function settingFor(
  { knob, default: fallback }: { readonly knob: string; readonly default: string },
  holds: readonly HoldEvidence[],
  factor: number,
): Pick<Finding, 'setting'> {
  const byDefault = /^(\d+)(?=$|[ ,;])/.exec(fallback)?.[1];
  if (!/^[a-z]+\.\w+$/.test(knob) || byDefault === undefined || !Number.isFinite(factor)) return {};
  const inForce = inForceOf(knob, holds);
  const needed = (inForce ?? Number(byDefault)) * Math.max(1, factor) * ROOM;
  const from = inForce === undefined ? `its default is ${byDefault}` : `${inForce} is in force`;
  const because = `${from}, and the load needs ${factor.toFixed(1)} times what was let through`;
  return { setting: { key: knob, value: roundUp(needed), because } };
}

function inForceOf(knob: string, holds: readonly HoldEvidence[]): number | undefined {
  const [measure, service] = IN_FORCE[knob] ?? [];
  const readings = holds.flatMap(({ target }) => target?.server.readings ?? []);
  const found = readings.filter(({ name, labels: of }) => name === measure && of.startsWith(`${service} #`));
  const values = found.flatMap(({ highest }) => (highest === undefined ? [] : [highest]));
  return values.length === 0 ? undefined : Math.max(...values);
}

/** To two digits, which is all that such a figure is worth. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}

/** The fragment of a dynamic configuration that the findings ask for; no lines where they ask for none. */
export function dynamicConfigOf(findings: readonly Finding[]): string[] {
  const settings = findings.flatMap(({ setting }) => (setting ? [setting] : []));
  const first = settings.filter(({ key }, i) => settings.findIndex((other) => other.key === key) === i);
  return first.flatMap(({ key, value, because }) => [`${key}: # ${because}`, `  - value: ${value}`]);
}
