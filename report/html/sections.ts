import { dynamicConfigOf } from '../../measurement/findings/setting';
import { percent } from '../../measurement/format/numbers';
import { thresholdTexts } from '../../measurement/judging/verdict';
import { aboutOf } from '../about';
import { answerOf, requirement } from '../answer';
import { whyNoCount } from '../server-count';
import type { BenchmarkResult } from '../result-schema';
import { markup, section, table, type Markup } from './markup';

const MEANING: Readonly<Record<string, string>> = {
  PASSED: 'good',
  FAILED: 'bad',
  ERROR: 'bad',
  BAD_CONFIGURATION: 'bad',
  INVALID: 'unsure',
  UNACCOUNTED: 'unsure',
  ABORTED: 'unsure',
  CLEANUP_INCOMPLETE: 'unsure',
};

/** The reasons that are shown; the others can be opened. */
const OPEN_REASONS = 4;

/** Returns the strip at the top: outcome, answer, thresholds, validity and account. */
export function verdictStrip(result: BenchmarkResult): Markup {
  const {
    outcomes,
    outcome,
    runId,
    timestamp,
    thresholds,
    validity,
    ledger,
    staircase,
    capacity,
    iterations,
    results,
  } = result;
  const reasons = validity.valid ? result.failureReasons : [...validity.reasons, ...result.failureReasons];
  const rest = reasons.slice(OPEN_REASONS);
  const isMeasured = ledger.scheduled > 0;
  return markup`<header class="verdict ${MEANING[outcome]!}">
      <p class="outcome">${outcomes.join(', ')}</p>
      <p class="answer">${answerOf(result)}</p>
      <p class="about">${aboutOf(result) || 'No load was sent.'}</p>
    </header>
    ${isMeasured ? tiles(result) : ''}
    ${
      (staircase || capacity) && thresholds.checks.length > 0
        ? markup`<p class="hint">These figures are those of the hold at ${results.rates.target}/s.</p>`
        : ''
    }
    ${
      (iterations?.count ?? 0) > 1
        ? markup`<p class="hint">These figures are those of one iteration: the first that was invalid or failed, or else the last.</p>`
        : ''
    }
    ${isMeasured && reasons.length > 0 ? reasonList(reasons.slice(0, OPEN_REASONS)) : ''}
    ${
      isMeasured && rest.length > 0
        ? markup`<details>
            <summary>${rest.length} more reasons</summary>
            ${reasonList(rest)}
          </details>`
        : ''
    }
    <p class="run">${runId} · ${timestamp.slice(0, 16).replace('T', ' ')} UTC</p>`;
}

function reasonList(reasons: readonly string[]): Markup {
  return markup`<ul class="reasons">
    ${reasons.map((reason) => markup`<li>${reason}</li>`)}
  </ul>`;
}

function tiles(result: BenchmarkResult): Markup {
  const { thresholds, validity, server, ledger } = result;
  // In a staircase, another hold may be invalid.
  const isValid = validity.checks.length === 0 ? validity.valid : validity.checks.every(({ ok }) => ok);
  const limits = thresholds.checks.map((check) => {
    const value = thresholdTexts(check).actual;
    return tile(check.name, value, `required ${requirement(check)}`, check.passed ? 'good' : 'bad');
  });
  const noCount = whyNoCount(result);
  return markup`<div class="tiles">
    ${limits}${
      isValid
        ? tile('measurement', 'VALID', 'the generators kept their schedule', 'good')
        : tile('measurement', 'INVALID', 'the benchmark could not keep up', 'unsure')
    }${
      server.agrees
        ? tile('account', 'closed', `each of ${ledger.scheduled} starts is accounted for`, 'good')
        : noCount === undefined
          ? tile('account', 'open', 'it does not agree with the server', 'bad')
          : tile('account', 'open', noCount, 'unsure')
    }
  </div>`;
}

function tile(name: string, value: string, note: string, className: string): Markup {
  return markup`<div class="tile ${className}">
    <span class="name">${name}</span><span class="value">${value}</span><span class="note">${note}</span>
  </div>`;
}

/** Returns what limited the run, one card per finding. */
export function findingCards({ findings }: BenchmarkResult): Markup {
  const cards = findings.map(({ name, confidence, evidence, advice, caveat, knob, default: fallback, setting }) => {
    const yaml = setting ? dynamicConfigOf([{ name, confidence, evidence, advice, setting }]) : [];
    return markup`<article class="card">
      <h3>${name} <span class="chip">${confidence} confidence</span></h3>
      <p>${evidence}</p>
      <p class="advice">${advice}</p>
      ${knob ? markup`<p class="hint">Setting: <code>${knob}</code>${fallback ? markup`, default ${fallback}` : ''}</p>` : ''}${caveat ? markup`<p class="hint">${caveat}</p>` : ''}${yaml.length > 0 ? markup`<pre class="copy">${yaml.join('\n')}</pre>` : ''}
    </article>`;
  });
  return section(
    'findings',
    'What limited the run',
    cards.length > 0 ? markup`<div class="cards">${cards}</div>` : undefined,
  );
}

/**
 * Returns the account of all arrivals as a bar, and the errors by cause.
 *
 * @param isLive whether the run is in progress, so that the account is not closed yet
 */
export function accountBar(result: BenchmarkResult, isLive = false): Markup {
  const { ledger, server } = result;
  if (ledger.scheduled === 0) return markup``;
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, n) => all + n, 0);
  const groups = [
    ['acknowledged', ledger.acknowledged, 'good', 'the server confirmed the start'],
    ['recovered', ledger.recovered, 'mean', 'no answer, but the workflow is on the server'],
    ['rejected', sum(ledger.rejected), 'bad', 'the server refused the start'],
    ['skipped', sum(ledger.skipped), 'max', 'the benchmark did not send the start'],
    ['unknown', sum(ledger.unknown) + ledger.inDoubt, 'unsure', 'nobody knows'],
  ] as const;
  const shown = groups.filter(([, count]) => count > 0);
  const booked = groups.reduce((sum, [, count]) => sum + count, 0);
  const causes = (['rejected', 'skipped', 'unknown'] as const).flatMap((group) =>
    Object.entries(ledger[group]).map(([cause, count]) => [
      cause,
      group,
      count,
      percent(count / ledger.scheduled, 2),
      ledger.examples?.[cause] ?? '',
    ]),
  );
  const { counts } = server;
  const count = `The server's count ${server.agrees ? 'agrees' : 'does not agree'}: ${counts.total} workflows, of which ${counts.completed} completed, ${counts.failed} failed, ${counts.canceled} were canceled, ${counts.terminated} terminated, ${counts.timedOut} timed out, and ${counts.open} are open.`;
  const why = whyNoCount(result);
  const disagreements =
    server.open.length === 0
      ? markup``
      : markup`<ul class="reasons">
          ${server.open.map((line) => markup`<li>${line}</li>`)}
        </ul>`;
  return section(
    'account',
    'Account of all arrivals',
    markup`<div class="bar" role="img" aria-label="${shown.map(([name, count]) => `${name} ${count}`).join(', ')}">
      ${shown.map(([, count, className]) => markup`<span class="${className}" style="flex:${count}"></span>`)}
    </div>`,
    table(
      ['group', 'arrivals', 'share', 'meaning'],
      groups.map(([name, count, className, meaning]) => [
        markup`<span class="key ${className}">${name}</span>`,
        count,
        percent(count / ledger.scheduled, 2),
        meaning,
      ]),
    ),
    causes.length > 0 ? table(['error', 'group', 'arrivals', 'share', 'first message'], causes) : undefined,
    isLive
      ? markup`<p class="hint">
          ${ledger.scheduled - booked} more were sent and have no answer yet. The account is compared with the server after the
          load.
        </p>`
      : markup`<p class="hint">
          ${why === undefined ? count : `${why[0]!.toUpperCase()}${why.slice(1)}.`}
        </p>`,
    isLive ? undefined : disagreements,
  );
}
