import type { ReactNode } from 'react';
import type { SealState } from '../../worker/api.ts';
import { Seal } from '../seal/Seal.tsx';

const MARK: SealState = {
  n: 4,
  q: 3,
  marks: ['commit', 'commit', 'pre', 'commit'],
  evidence: [false, false, false, false],
  outcome: 'voting',
};

/** The product's name beside a small seal, three of four signed. */
export function Brand({ href }: { href: string }): ReactNode {
  return (
    <a className="brand" href={href}>
      <Seal seal={MARK} members={[]} size={20} drawnSize={24} decorative />
      <span>Countersign</span>
    </a>
  );
}
