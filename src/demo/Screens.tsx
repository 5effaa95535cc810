/** The four apps themselves, each a whole replica in an iframe: always mounted and laid out, so that none is put to sleep. */
import { useCallback, useState, type ReactNode } from 'react';
import type { MemberIndex, ProfileId } from '../worker/api.ts';
import { Swatch } from '../ui/parts/words.tsx';
import { translator } from '../ui/i18n/t.ts';
import { DEMO_MEMBERS } from './cast.ts';

const t = translator('demo');

export interface ScreensProps {
  readonly profiles: readonly ProfileId[];
  readonly paneUrl: (profile: ProfileId) => string;
  readonly attach: (member: MemberIndex, pane: Window | null) => void;
}

export function Screens({ profiles, paneUrl, attach }: ScreensProps): ReactNode {
  const [front, setFront] = useState(1);
  return (
    <section className="screens" aria-labelledby="demo-screens">
      <div className="screens-head">
        <h2 id="demo-screens">{t('screens.title')}</h2>
        <p className="muted">{t('screens.text')}</p>
      </div>
      <div className="screen-choice" role="group" aria-label={t('screens.choice')}>
        {DEMO_MEMBERS.map((member, i) => (
          <button
            key={member.id}
            type="button"
            className="btn"
            aria-pressed={i === front}
            onClick={() => setFront(i)}
          >
            {member.name}
          </button>
        ))}
      </div>
      <div className="screen-grid">
        {profiles.map((profile, i) => (
          <Screen key={profile} index={i} front={i === front} url={paneUrl(profile)} attach={attach} />
        ))}
      </div>
    </section>
  );
}

interface ScreenProps {
  readonly index: number;
  readonly front: boolean;
  readonly url: string;
  readonly attach: ScreensProps['attach'];
}

function Screen({ index, front, url, attach }: ScreenProps): ReactNode {
  const member = DEMO_MEMBERS[index]!;
  const hold = useCallback(
    (frame: HTMLIFrameElement | null) => attach(index as MemberIndex, frame?.contentWindow ?? null),
    [attach, index],
  );
  return (
    <div className={front ? 'screen is-front' : 'screen'} data-testid={`screen-${member.id}`}>
      <p className="screen-name">
        <Swatch index={index} />
        {member.organisation}
      </p>
      <iframe
        ref={hold}
        src={url}
        title={t('screens.frame', { organisation: member.organisation })}
        allow="camera; microphone; clipboard-write"
      />
    </div>
  );
}
