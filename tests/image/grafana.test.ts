import { spawnSync } from 'node:child_process';
import { DASHBOARDS } from '../../machine/metrics/dashboard';
import { grafanaDashboard } from '../../machine/metrics/grafana';
import { describeWithGo, goProgram } from '../support/go-programs';

jest.setTimeout(600_000);

/** Returns what does not fit Grafana's own schema of dashboards, panels and Prometheus queries; empty if nothing. */
function misfits(dashboard: string): string {
  const { status, stdout } = spawnSync(goProgram('grafana-dashboard'), { input: dashboard, encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout;
}

describeWithGo('the schema of Grafana', ['grafana-dashboard'], () => {
  test.each(Object.keys(DASHBOARDS) as (keyof typeof DASHBOARDS)[])('%s fits', (file) => {
    expect(misfits(JSON.stringify(grafanaDashboard(file)))).toBe('');
  });

  test.each([
    ['a misspelled option of a panel', '"thresholdsStyle":', '"thresholdStyle":', /thresholdStyle/],
    ['a misspelled field of a query', '"legendFormat":', '"legend":', /legend/],
    ['a misspelled field of a link', '"includeVars":', '"includeVariables":', /includeVars/],
  ])('%s does not', (_what, right, wrong, message) => {
    const text = JSON.stringify(grafanaDashboard('cluster.json'));
    expect(text).toContain(right);
    expect(misfits(text.replace(right, wrong))).toMatch(message);
  });
});
