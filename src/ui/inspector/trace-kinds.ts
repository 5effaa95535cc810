/** The kinds of events of a replica, as a list: for readers that check what they are given. */
import type { TraceEvent } from '../../worker/api.ts';

export const TRACE_KINDS = [
  'session-step',
  'proposed',
  'pre-commit',
  'commit',
  'heard-pre-commit',
  'heard-commit',
  'polka',
  'round',
  'decided',
  'certificate',
  'refused',
  'evidence',
  'link',
  'unlink',
] as const satisfies readonly TraceEvent['kind'][];
