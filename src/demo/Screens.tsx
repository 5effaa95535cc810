/** The four apps themselves, each a whole replica in an iframe: always mounted and laid out, so that none is put to sleep. */
import { useCallback, useState, type ReactNode } from 'react';
import type { MemberIndex, ProfileId } from '../worker/api.ts';
import { Swatch } from '../ui/parts/words.tsx';
import { DEMO_MEMBERS } from './cast.ts';

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
        <h2 id="demo-screens">Their screens</h2>
        <p className="muted">
          Each is the whole app with its own key, database and links. Everything above can be done by hand
          here.
        </p>
      </div>
      <div className="screen-choice" role="group" aria-label="Which screen to show">
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
        title={`${member.organisation}: the app`}
        allow="camera; microphone; clipboard-write"
      />
    </div>
  );
}
