/** One corner of the stage: who it is, where it stands, its own seal, and the three ways to make its life hard. */
import { useId, type ReactNode } from 'react';
import { Swatch } from '../ui/parts/words.tsx';
import { Seal, type SealMember } from '../ui/seal/Seal.tsx';
import { translator } from '../ui/i18n/t.ts';
import type { DemoMember } from './cast.ts';
import { DoubleShape } from './shapes.tsx';
import type { PaneView } from './pane-view.ts';

const t = translator('demo');

export interface PaneCardProps {
  readonly index: number;
  readonly member: DemoMember;
  readonly members: readonly SealMember[];
  readonly view: PaneView;
  readonly tabUrl: string;
  readonly onOffline: (on: boolean) => void;
  readonly onLying: (on: boolean) => void;
  readonly onSlow: (on: boolean) => void;
}

const ROLE: Readonly<Record<DemoMember['role'], string>> = {
  supplier: t('role.supplier'),
  warehouse: t('role.warehouse'),
  courier: t('role.courier'),
};

export function PaneCard(props: PaneCardProps): ReactNode {
  const { index, member, members, view } = props;
  const heading = useId();
  const classes = ['demo-pane', `at-${index}`];
  if (view.accused) classes.push('is-accused');
  else if (view.offline) classes.push('is-offline');
  else if (view.slow) classes.push('is-slow');
  return (
    <article
      className={classes.join(' ')}
      aria-labelledby={heading}
      data-testid={`pane-${member.id}`}
      data-status={view.badge.kind}
    >
      <header>
        <Swatch index={index} />
        <h2 id={heading}>{member.organisation}</h2>
        <span className="quiet">{ROLE[member.role]}</span>
        <a
          className="own-tab"
          href={props.tabUrl}
          target="_blank"
          rel="noopener"
          aria-label={t('pane.openOf', { organisation: member.organisation })}
        >
          {t('pane.open')}
        </a>
      </header>
      <div className="mid">
        <Seal seal={view.seal} members={members} size={48} decorative live />
        <div>
          <p className="badge-line">
            <Badge view={view} members={members} />
          </p>
          <p className="did">{view.sentence}</p>
        </div>
      </div>
      <div className="acts" role="group" aria-label={t('pane.acts', { organisation: member.organisation })}>
        <button
          type="button"
          className={view.offline ? 'btn on' : 'btn'}
          onClick={() => props.onOffline(!view.offline)}
        >
          {view.offline ? t('act.online') : t('act.offline')}
        </button>
        <button
          type="button"
          className={view.lying ? 'btn danger on' : 'btn'}
          onClick={() => props.onLying(!view.lying)}
        >
          {view.lying ? t('act.honest') : t('act.lie')}
        </button>
        <button
          type="button"
          className={view.slow ? 'btn on' : 'btn'}
          onClick={() => props.onSlow(!view.slow)}
        >
          {view.slow ? t('act.fast') : t('act.slow')}
        </button>
      </div>
    </article>
  );
}

function Badge({ view, members }: { view: PaneView; members: readonly SealMember[] }): ReactNode {
  const { badge } = view;
  const seal = <Seal seal={view.seal} members={members} size={20} decorative />;
  switch (badge.kind) {
    case 'starting':
      return <span className="status local">{t('badge.starting')}</span>;
    case 'offline':
      return <span className="status local">{t('badge.offline')}</span>;
    case 'ready':
      return (
        <span className="status abandoned">{badge.links === 0 ? t('badge.alone') : t('badge.ready')}</span>
      );
    case 'idle':
      return <span className="status abandoned">{t('badge.idle')}</span>;
    case 'voting':
      return (
        <span className="status voting">
          {seal}
          {t('badge.voting', { commits: Math.min(badge.commits, badge.needed), needed: badge.needed })}
        </span>
      );
    case 'committed':
      return (
        <span className="status committed">
          {seal}
          {t('badge.committed', { version: badge.version })}
        </span>
      );
    case 'refused':
      return <span className="status rejected no-seal">{t('badge.refused')}</span>;
    case 'double':
      return (
        <span className="status rejected">
          <svg width="16" height="18" viewBox="-9 -13 18 26" aria-hidden="true">
            <DoubleShape />
          </svg>
          {t('badge.double')}
        </span>
      );
  }
}
