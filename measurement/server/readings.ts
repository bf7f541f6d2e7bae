import type { MeasureName } from './server-measures';
import type { ServerReading } from './server-metrics';

/** The reservoir of a replica: the lowest number of ready connections, and the number that it should have. */
export interface Reservoir {
  readonly replica: string;
  readonly size: number;
  readonly target: number | undefined;
}

/** The readings of one hold, by measure. */
export class Readings {
  constructor(readonly all: readonly ServerReading[]) {}

  named(name: MeasureName): readonly ServerReading[] {
    return this.all.filter((reading) => reading.name === name);
  }

  sum(name: MeasureName): number {
    return this.sumOf(name, /^/);
  }

  /** Returns the sum of the counts whose labels match, e.g. those of one reason. */
  sumOf(name: MeasureName, labels: RegExp): number {
    return this.named(name).reduce((all, one) => all + (labels.test(one.labels) ? (one.count ?? 0) : 0), 0);
  }

  perSecond(name: MeasureName): number {
    return this.named(name).reduce((all, { perSecond = 0 }) => all + perSecond, 0);
  }

  /** The connection reservoir of Aurora DSQL that was emptiest; undefined if there is none. */
  get lowestReservoir(): Reservoir | undefined {
    const targets = new Map(this.named('DSQL reservoir target').map(({ labels, highest }) => [labels, highest]));
    const reservoirs = this.named('DSQL reservoir size').map(({ labels, lowest = 0 }) => {
      return { replica: labels, size: lowest, target: targets.get(labels) };
    });
    const share = ({ size, target }: Reservoir) => (target ? size / target : Infinity);
    return reservoirs.sort((a, b) => share(a) - share(b))[0];
  }
}
