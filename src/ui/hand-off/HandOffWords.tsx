import type { ReactNode } from 'react';
import type { HandOffView } from '../../worker/api.ts';
import { useNetwork } from '../api-context.tsx';
import { SLOTS, within } from '../parts/within.tsx';
import { Digest, Instant, Sscc } from '../parts/words.tsx';
import { HAND_OFF, SENTENCE } from './texts.ts';

/** Everything that the signature covers, in words: nothing is signed unseen. */
export function HandOffWords({ view }: { view: HandOffView }): ReactNode {
  const { members } = useNetwork();
  const { statement, contents } = view;
  const place = members.find((one) => one.gln === statement.place)?.organisation;
  return (
    <dl className="hand-facts" data-testid="hand-off-words">
      <dt>{SENTENCE.package}</dt>
      <dd>
        <Sscc value={statement.sscc} />
      </dd>
      <dt>{SENTENCE.from}</dt>
      <dd>{view.warehouse}</dd>
      <dt>{SENTENCE.to}</dt>
      <dd>{view.courier}</dd>
      <dt>{SENTENCE.contents}</dt>
      <dd>
        {contents.length === 0
          ? SENTENCE.unknown
          : SENTENCE.lines(contents.slice(0, SHOWN_LINES), contents.length - SHOWN_LINES)}
      </dd>
      <dt>{SENTENCE.vehicle}</dt>
      <dd>{statement.vehicle ?? HAND_OFF.notSaid}</dd>
      <dt>{SENTENCE.seal}</dt>
      <dd>{statement.seal ?? HAND_OFF.none}</dd>
      <dt>{SENTENCE.place}</dt>
      <dd>{SENTENCE.placeOf(place, statement.place)}</dd>
      <dt>{SENTENCE.time}</dt>
      <dd>
        <Instant at={statement.time} />
      </dd>
      <dt>{SENTENCE.record}</dt>
      <dd>
        {within(SENTENCE.version(statement.version, SLOTS[0]), <Digest hex={statement.record} />)}
        <small>{SENTENCE[view.record]}</small>
      </dd>
    </dl>
  );
}

/** Lines of a manifest that are named one by one: a phone's screen has room for no more beside the rest. */
const SHOWN_LINES = 3;
