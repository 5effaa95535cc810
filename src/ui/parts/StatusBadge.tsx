import type { ReactNode } from 'react';
import type { SealState, SessionStatus } from '../../worker/api.ts';
import { Seal, type SealMember } from '../seal/Seal.tsx';
import { statusWords } from './status-text.ts';

export interface StatusBadgeProps {
  readonly status: SessionStatus;
  readonly seal?: SealState | null;
  readonly members?: readonly SealMember[];
  readonly tally?: { readonly commits: number; readonly needed: number } | null;
  /** The badge of the session in front announces its changes; badges in lists do not. */
  readonly announce?: boolean;
}

/** `local`, `voting k of q`, `committed vN`, `conflict`, `rejected`: never a bare failure, never colour alone. */
export function StatusBadge({
  status,
  seal,
  members = [],
  tally = null,
  announce = false,
}: StatusBadgeProps): ReactNode {
  const words = statusWords(status, tally);
  const drawn = seal && words.kind !== 'local' && words.kind !== 'abandoned';
  return (
    <span
      className={`status ${words.kind}`}
      data-testid="status-badge"
      data-status={words.kind}
      title={words.meaning}
      {...(announce ? { role: 'status' } : {})}
    >
      {drawn && <Seal seal={seal} members={members} size={20} decorative />}
      {words.text}
    </span>
  );
}
