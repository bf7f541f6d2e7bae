import { formatThreshold } from '../measurement/judging/verdict';
import type { GoalResult } from './capacity-schema';
import { NOT_JUDGED } from './judgement';
import type { BenchmarkResult, StepResult } from './result-schema';

/** Returns the verdicts as a JUnit report: a test case for each threshold of each hold, and for checks of the whole run. */
export function renderJunit(result: BenchmarkResult): string {
  const holds = result.capacity ? result.capacity.goals.map(goalCase) : countedHolds(result).flatMap(holdCases);
  const cases = [...holds, ...runCases(result)];
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

function countedHolds({ steps }: BenchmarkResult): StepResult[] {
  return steps.filter((step) => step.counted);
}

/** A limit of a capacity search: it fails if no rate holds. */
function goalCase({ name, holds, reasons }: GoalResult): Case {
  const failure = holds === null ? `no rate holds: ${reasons.join('; ')}` : undefined;
  return { name: `capacity with ${name}${holds === null ? '' : `: ${holds}/s`}`, seconds: 0, failure };
}

function holdCases({ toRate, durationMs, thresholds = [], validity }: StepResult): Case[] {
  const seconds = durationMs / 1000;
  const valid = {
    name: `${toRate}/s: valid`,
    seconds,
    failure: validity?.valid ? undefined : (validity?.reasons.join('; ') ?? NOT_JUDGED),
  };
  return [
    valid,
    ...thresholds.map(({ name, required, actual, unit, passed }) => {
      const value = (number: number) => formatThreshold({ name, unit }, number);
      const failure = passed ? undefined : `${value(actual)}, required ${value(required)}`;
      return { name: `${toRate}/s: ${name}`, seconds, failure };
    }),
  ];
}

function runCases({ outcomes, server, error, abortReason, cleanup, steps }: BenchmarkResult): Case[] {
  const accounted = outcomes.includes('UNACCOUNTED')
    ? server.open.join('; ') || "the ledger does not match the server's count"
    : undefined;
  return [
    { name: 'run completed', seconds: 0, failure: error ?? abortReason },
    {
      name: 'at least one hold completed',
      seconds: 0,
      failure: steps.some(({ counted }) => counted) ? undefined : 'no hold was completed, so there is no verdict',
    },
    { name: 'all arrivals accounted for', seconds: 0, failure: accounted },
    {
      name: 'cleanup completed',
      seconds: 0,
      failure: cleanup?.complete === false ? cleanup.warnings.join('; ') || 'the cleanup is incomplete' : undefined,
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
  // XML does not allow other control characters.
  const clean = [...text]
    .map((character) => (character < ' ' && !/[\t\n\r]/.test(character) ? '?' : character))
    .join('');
  return clean.replace(/[&<>"\n]/g, (character) => ENTITIES[character]!);
}
