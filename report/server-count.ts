import type { BenchmarkResult } from './result-schema';

/** What comparing the account with the server's count of workflows has shown. */
export type Comparison = 'agrees' | 'does not agree' | 'not compared' | 'nothing to compare';

/** Returns how the account compares with the server's count. A run that ended before its load has nothing to compare. */
export function compareWithServer({ ledger, server }: Pick<BenchmarkResult, 'ledger' | 'server'>): Comparison {
  if (server.agrees) return 'agrees';
  if (ledger.scheduled === 0 && server.counts.total === 0) return 'nothing to compare';
  return server.settledBy === 'not reconciled' ? 'not compared' : 'does not agree';
}

/** Says why there is no count, or undefined if there is one. */
export function whyNoCount(result: Pick<BenchmarkResult, 'ledger' | 'server'>): string | undefined {
  const comparison = compareWithServer(result);
  if (comparison === 'nothing to compare') return 'nothing was sent, so there is nothing to compare with the server';
  return comparison === 'not compared' ? 'the account was not compared with the server' : undefined;
}
