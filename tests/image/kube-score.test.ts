import { spawnSync } from 'node:child_process';
import { describeWithGo, goProgram } from '../support/go-programs';
import { renderChart } from '../support/helm';

// The first test builds helm and kube-score, which takes minutes once.
jest.setTimeout(900_000);

/** Recommendations that the chart does not follow. infra/README.md has the reason for each. */
const NOT_FOLLOWED = [
  'container-image-pull-policy',
  'container-security-context-user-group-id',
  'deployment-has-host-podantiaffinity',
  'deployment-has-poddisruptionbudget',
  'pod-networkpolicy',
];

interface Scored {
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
  }[];
}

/** A check that passes has the grade 10. */
const PASSED = 10;

/** Returns the names of the checks that some object does not pass. */
function missed(rendered: string): string[] {
  const { stdout } = spawnSync(
    goProgram('kube-score'),
    ['score', '--output-format', 'json', '--kubernetes-version', 'v1.31', '-'],
    { input: rendered, encoding: 'utf8' },
  );
  const checks = (JSON.parse(stdout) as Scored[]).flatMap((object) => object.checks);
  expect(checks.length).toBeGreaterThan(40);
  const names = checks.filter(({ grade, skipped }) => !skipped && grade < PASSED).map(({ check }) => check.id);
  return [...new Set(names)].sort();
}

describeWithGo('kube-score', ['helm', 'kube-score'], () => {
  test('the chart follows all recommendations of kube-score, except those with a reason', () => {
    const rendered = renderChart();
    expect(missed(rendered)).toEqual(NOT_FOLLOWED);
    expect(missed(rendered.replaceAll('memory: ', 'hugepages-2Mi: '))).toContain('container-resources');
  });

  test('a CronJob follows the same recommendations', () => {
    expect(missed(renderChart({ run: { schedule: '0 3 * * *' } }))).toEqual(NOT_FOLLOWED);
  });
});
