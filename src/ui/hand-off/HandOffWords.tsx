import type { ReactNode } from 'react';
import type { HandOffView } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { plural } from '../format.ts';
import { Digest, Instant, Sscc } from '../parts/words.tsx';

/** Everything that the signature covers, in words: nothing is signed unseen. */
export function HandOffWords({ view }: { view: HandOffView }): ReactNode {
  const { members } = useNetwork();
  const { statement, contents } = view;
  const place = members.find((one) => one.gln === statement.place)?.organisation;
  return (
    <dl className="hand-facts" data-testid="hand-off-words">
      <dt>Package</dt>
      <dd>
        <Sscc value={statement.sscc} />
      </dd>
      <dt>From</dt>
      <dd>{view.warehouse}</dd>
      <dt>To</dt>
      <dd>{view.courier}</dd>
      <dt>Contents</dt>
      <dd>
        {contents.length === 0
          ? 'not known on this device'
          : contents
              .slice(0, SHOWN_LINES)
              .map((line) => `${plural(line.pieces, 'piece', 'pieces')} ${line.description}`)
              .join('; ')}
        {contents.length > SHOWN_LINES && `; and ${contents.length - SHOWN_LINES} more lines`}
      </dd>
      <dt>Vehicle</dt>
      <dd>{statement.vehicle ?? 'not said'}</dd>
      <dt>Seal</dt>
      <dd>{statement.seal ?? 'none'}</dd>
      <dt>Place</dt>
      <dd>
        {place === undefined ? '' : `${place}, `}GLN {statement.place}
      </dd>
      <dt>Time</dt>
      <dd>
        <Instant at={statement.time} />
      </dd>
      <dt>Record</dt>
      <dd>
        Version {statement.version}, <Digest hex={statement.record} />
        <small>
          {view.record === 'same' && 'It is the one that this device holds, signed by a quorum.'}
          {view.record === 'absent' && 'This device does not hold that version yet, so it cannot compare it.'}
          {view.record === 'other' && 'It is not the one that this device holds now.'}
        </small>
      </dd>
    </dl>
  );
}

/** Lines of a manifest that are named one by one: a phone's screen has room for no more beside the rest. */
const SHOWN_LINES = 3;
