import { isInProgress } from '../interim';
import type { StepResult } from '../result-schema';

/** The verdict of a hold: its name, and the class that gives its color. */
export interface ShownVerdict {
  readonly text: 'passed' | 'FAILED' | 'INVALID' | 'incomplete' | 'repeated' | 'running';
  readonly className: 'good' | 'bad' | 'unsure' | 'running';
}

export function verdictOf({ cutShort, counted, validity, passed }: StepResult): ShownVerdict {
  if (isInProgress({ cutShort })) return { text: 'running', className: 'running' };
  if (cutShort !== undefined) return { text: 'incomplete', className: 'unsure' };
  if (!counted) return { text: 'repeated', className: 'unsure' };
  if (!validity?.valid) return { text: 'INVALID', className: 'unsure' };
  return passed ? { text: 'passed', className: 'good' } : { text: 'FAILED', className: 'bad' };
}
