import type { BenchmarkResult, StepResult } from './result-schema';

/** The verdicts as a JUnit report: a test case for every threshold of every hold, and for what holds of the whole run. */
export function renderJunit(result: BenchmarkResult): string {
  const cases = [...result.steps.filter((step) => step.counted).flatMap(holdCases), ...runCases(result)];
  const failures = cases.filter((one) => one.failure !== undefined).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${cases.length}" failures="${failures}">`,
    `  <testsuite name="${escape(result.runId)}" tests="${cases.length}" failures="${failures}" timestamp="${result.timestamp}">`,
    ...cases.map(renderCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly failure?: string;
}

function holdCases({ toRate, durationMs, thresholds = [], validity }: StepResult): Case[] {
  const seconds = durationMs / 1000;
  const valid = {
    name: `${toRate}/s: valid`,
    seconds,
    failure: validity?.valid ? undefined : validity?.reasons.join('; '),
  };
  return [
    valid,
    ...thresholds.map(({ name, required, actual, unit, passed }) => {
      const failure = passed ? undefined : `${actual}${unit}, required ${required}${unit}`;
      return { name: `${toRate}/s: ${name}`, seconds, failure };
    }),
  ];
}

function runCases({ outcomes, server, error, abortReason, cleanup }: BenchmarkResult): Case[] {
  const ended = error ?? abortReason;
  const accounted = outcomes.includes('UNACCOUNTED')
    ? server.open.join('; ') || 'the account does not close'
    : undefined;
  return [
    { name: 'run to its end', seconds: 0, failure: ended },
    { name: 'every arrival accounted for', seconds: 0, failure: accounted },
    {
      name: 'cleaned up',
      seconds: 0,
      failure: cleanup?.complete === false ? cleanup.warnings.join('; ') || 'incomplete' : undefined,
    },
  ];
}

function renderCase({ name, seconds, failure }: Case): string {
  const open = `    <testcase classname="benchmark" name="${escape(name)}" time="${seconds}"`;
  return failure === undefined ? `${open}/>` : `${open}><failure message="${escape(failure)}"/></testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

function escape(text: string): string {
  // Other control characters are not allowed in XML at all.
  const clean = [...text]
    .map((character) => (character < ' ' && !/[\t\n\r]/.test(character) ? '?' : character))
    .join('');
  return clean.replace(/[&<>"\n]/g, (character) => ENTITIES[character]!);
}
