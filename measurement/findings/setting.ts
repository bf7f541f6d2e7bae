import type { MeasureName } from '../server/server-measures';
import type { Finding } from './finding';
import type { HoldEvidence } from './hold-evidence';

/** A recommended limit is this many times what the load needs. */
const HEADROOM = 1.25;

/** The gauges that report the current value of a key: the measure and the service. No gauge reports namespace limits. */
const CURRENT_VALUE: Readonly<Record<string, readonly [measure: MeasureName, service: string]>> = {
  'frontend.rps': ['service rate limit', 'frontend'],
  'history.rps': ['service rate limit', 'history'],
  'matching.rps': ['service rate limit', 'matching'],
};

/**
 * Recommends a value for a key of the server's dynamic configuration: the current value, or the default if nobody
 * reports it, times the factor and some headroom. So it never recommends less than what is set.
 *
 * @param factor the calls that the load needs, as a multiple of the calls that were accepted
 * @returns nothing if the knob is not a key, or neither its current value nor its default is a number
 */
export function settingFor(
  { knob, default: fallback }: { readonly knob: string; readonly default: string },
  holds: readonly HoldEvidence[],
  factor: number,
): Pick<Finding, 'setting'> {
  const byDefault = /^(\d+)(?=$|[ ,;])/.exec(fallback)?.[1];
  const current = currentValue(knob, holds);
  const base = current ?? Number(byDefault);
  if (!/^[a-z]+\.\w+$/.test(knob) || Number.isNaN(base) || !Number.isFinite(factor)) return {};
  const needed = base * Math.max(1, factor) * HEADROOM;
  const from =
    current === undefined
      ? `the default is ${byDefault} (if another value is set, multiply that)`
      : `the current value is ${current}`;
  const because = `${from}, and the load needs ${factor.toFixed(1)} times the calls that were accepted`;
  return { setting: { key: knob, value: roundUp(needed), because } };
}

function currentValue(knob: string, holds: readonly HoldEvidence[]): number | undefined {
  const [measure, service] = CURRENT_VALUE[knob] ?? [];
  const readings = holds.flatMap(({ target }) => target?.server.readings ?? []);
  const found = readings.filter(({ name, labels }) => name === measure && labels.startsWith(`${service} #`));
  const reported = found.flatMap(({ highest }) => (highest === undefined ? [] : [highest]));
  const values = [...reported, ...holds.flatMap(({ dynamicConfig = [] }) => configuredValue(knob, dynamicConfig))];
  return values.length === 0 ? undefined : Math.max(...values);
}

/** Returns the number to which the last of these settings sets a key, whose case the server ignores; [] if none does. */
function configuredValue(knob: string, settings: readonly string[]): number[] {
  const prefix = `${knob.toLowerCase()}=`;
  const setting = settings.findLast((one) => one.toLowerCase().startsWith(prefix));
  const value = setting === undefined ? NaN : Number(setting.slice(prefix.length));
  return value > 0 ? [value] : [];
}

/** Rounds up to two significant digits, which is the precision of such a recommendation. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}

/** Returns the lines of a dynamic configuration with the recommended values; none if no finding has one. */
export function dynamicConfigOf(findings: readonly Finding[]): string[] {
  const settings = findings.flatMap(({ setting }) => (setting ? [setting] : []));
  const first = settings.filter(({ key }, i) => settings.findIndex((other) => other.key === key) === i);
  return first.flatMap(({ key, value, because }) => [`${key}: # ${because}`, `  - value: ${value}`]);
}
