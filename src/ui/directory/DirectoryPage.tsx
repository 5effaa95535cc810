/** The directory: keys of suppliers and couriers, devices; changed by whoever answers for an entry, read by everybody. */
import { useEffect, useState, type ReactNode } from 'react';
import type {
  CourierEntry,
  DeviceEntry,
  DirectoryEntry,
  DirectoryKey,
  MemberView,
  PartyEntry,
  SupplierKeyEntry,
} from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { claimedNow } from '../clock.ts';
import { SLOTS, within } from '../parts/within.tsx';
import { Digest, Instant } from '../parts/words.tsx';
import { useInOrder } from '../use-in-order.ts';
import { AddParty } from './AddParty.tsx';
import { dayOf } from './key-form.ts';
import { RevokeEntry, RotateForm } from './KeyForms.tsx';
import { DIRECTORY, KEY_STANDINGS, keyFacts, keyStanding } from './texts.ts';
import '../styles/hand-off.css';
import '../styles/directory.css';

export function DirectoryPage(): ReactNode {
  const state = useNetwork();
  const entries = useDirectory();
  const self = state.self === null ? null : (state.members[state.self] ?? null);
  const parties = entries.flatMap((entry) => (entry.kind === 'device' ? [] : [entry]));
  const devices = entries.flatMap((entry) => (entry.kind === 'device' ? [entry] : []));
  const suppliers = parties.filter((entry) => entry.kind === 'supplier');
  const couriers = parties.filter((entry) => entry.kind === 'courier');
  const foundingKeys = state.supplierKeys.filter((key) => !suppliers.some((one) => one.gln === key.gln));
  const foundingCouriers = state.couriers.filter((one) => !couriers.some((entry) => entry.id === one.id));
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{DIRECTORY.title}</h1>
          <p>{DIRECTORY.intro}</p>
        </div>
      </div>
      <div className="columns">
        <div className="stack">
          <Section title={DIRECTORY.suppliers} id="suppliers">
            {suppliers.length + foundingKeys.length === 0 && (
              <p className="muted">{DIRECTORY.suppliersNone}</p>
            )}
            {suppliers.map((entry) => (
              <Party key={entry.id} entry={entry} members={state.members} self={self} />
            ))}
            {[...new Set(foundingKeys.map((key) => key.gln))].map((gln) => (
              <FoundingSupplier key={gln} keys={foundingKeys.filter((key) => key.gln === gln)} />
            ))}
          </Section>
          <Section title={DIRECTORY.couriers} id="couriers">
            {couriers.length + foundingCouriers.length === 0 && (
              <p className="muted">{DIRECTORY.couriersNone}</p>
            )}
            {couriers.map((entry) => (
              <Party key={entry.id} entry={entry} members={state.members} self={self} />
            ))}
            {foundingCouriers.map((courier) => (
              <FoundingCourier key={courier.id} courier={courier} members={state.members} />
            ))}
          </Section>
          <Section title={DIRECTORY.devices} id="devices">
            {devices.length === 0 && <p className="muted">{DIRECTORY.devicesNone}</p>}
            {devices.map((entry) => (
              <Device key={entry.id} entry={entry} members={state.members} self={self} />
            ))}
          </Section>
        </div>
        <AddParty self={self} members={state.members} entries={parties} />
      </div>
    </>
  );
}

/** Certified entries, fetched again when something is committed. */
function useDirectory(): readonly DirectoryEntry[] {
  const api = useApi();
  const { packagesRevision } = useNetwork();
  const [held, setHeld] = useState<readonly DirectoryEntry[]>([]);
  const answers = useInOrder('directory');
  useEffect(() => {
    answers.take(api.directory(), (list) => setHeld(list.map(({ entry }) => entry)));
  }, [api, answers, packagesRevision]);
  return held;
}

function Section({ title, id, children }: { title: string; id: string; children: ReactNode }): ReactNode {
  return (
    <section className="sheet" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div className="entries">{children}</div>
    </section>
  );
}

interface EntryProps {
  readonly members: readonly MemberView[];
  readonly self: MemberView | null;
}

const organisationOf = (members: readonly MemberView[], id: string): string =>
  members.find((one) => one.id === id)?.organisation ?? id;

function Party({ entry, members, self }: EntryProps & { readonly entry: PartyEntry }): ReactNode {
  const [open, setOpen] = useState<'rotate' | 'all' | string | null>(null);
  const own = self?.id === entry.sponsor;
  const isMember = members.some((one) => one.gln === entry.gln && one.role === entry.kind);
  const standing = entry.keys.some((key) => key.revokedAt === null);
  return (
    <article className="entry" data-testid={`entry-${entry.kind}-${entry.id}`}>
      <h3>{entry.name}</h3>
      <p className="muted">
        {entry.kind === 'courier'
          ? DIRECTORY.courierFacts(entry.id, entry.gln, organisationOf(members, entry.sponsor))
          : DIRECTORY.supplierFacts(entry.gln, organisationOf(members, entry.sponsor))}
      </p>
      {entry.kind === 'courier' && isMember && <p className="muted">{DIRECTORY.memberKey}</p>}
      <ul className="keys">
        {entry.keys.map((key) => (
          <li key={key.keyId}>
            <KeyWords value={key} />
            {own && key.revokedAt === null && open !== key.keyId && (
              <button type="button" className="btn" onClick={() => setOpen(key.keyId)}>
                {DIRECTORY.revoke}
                <span className="hidden"> {DIRECTORY.revokeOf(key.keyId)}</span>
              </button>
            )}
            {open === key.keyId && (
              <RevokeEntry
                kind={entry.kind}
                id={entry.id}
                keyId={key.keyId}
                what={DIRECTORY.revokeWhat(key.keyId)}
                onClose={() => setOpen(null)}
              />
            )}
          </li>
        ))}
      </ul>
      {own ? (
        <div className="row">
          <button
            type="button"
            className="btn"
            aria-expanded={open === 'rotate'}
            onClick={() => setOpen(open === 'rotate' ? null : 'rotate')}
          >
            {DIRECTORY.rotate}
            <span className="hidden"> {DIRECTORY.rotateOf(entry.name)}</span>
          </button>
          {standing && entry.keys.length > 1 && (
            <button
              type="button"
              className="btn danger"
              aria-expanded={open === 'all'}
              onClick={() => setOpen(open === 'all' ? null : 'all')}
            >
              {DIRECTORY.revokeAll}
              <span className="hidden"> {DIRECTORY.revokeAllOf(entry.name)}</span>
            </button>
          )}
        </div>
      ) : (
        <p className="quiet">{DIRECTORY.notYours(organisationOf(members, entry.sponsor))}</p>
      )}
      {open === 'rotate' && <RotateForm entry={entry} onClose={() => setOpen(null)} />}
      {open === 'all' && (
        <RevokeEntry
          kind={entry.kind}
          id={entry.id}
          keyId={null}
          what={DIRECTORY.revokeAllWhat(entry.name)}
          onClose={() => setOpen(null)}
        />
      )}
    </article>
  );
}

function KeyWords({ value }: { value: DirectoryKey }): ReactNode {
  const standing = keyStanding(value, claimedNow());
  const tone = standing === 'in force' ? 'good' : standing === 'revoked' ? 'bad' : 'warn';
  return (
    <div className="key-words">
      <p>
        <b className="wrap-any">{value.keyId}</b> <b className={tone}>{KEY_STANDINGS[standing]}</b>
      </p>
      <p className="muted">
        {within(
          keyFacts(SLOTS[0], periodOf(value), value.revokedAt === null ? null : [SLOTS[1], value.reason]),
          <Digest key="key" hex={value.publicKey} />,
          value.revokedAt !== null && <Instant key="at" at={value.revokedAt} />,
        )}
      </p>
    </div>
  );
}

const periodOf = ({ validFrom, validUntil }: Pick<DirectoryKey, 'validFrom' | 'validUntil'>) => ({
  from: validFrom === null ? null : dayOf(validFrom * 1000),
  until: validUntil === null ? null : dayOf(validUntil * 1000),
});

function FoundingSupplier({ keys }: { keys: readonly SupplierKeyEntry[] }): ReactNode {
  return (
    <article className="entry">
      <h3>{keys[0]?.name}</h3>
      <p className="muted">{DIRECTORY.foundingFacts(keys[0]?.gln ?? '')}</p>
      <ul className="keys">
        {keys.map((key) => (
          <li key={key.keyId}>
            <KeyWords value={{ ...key, revokedAt: null, reason: null }} />
          </li>
        ))}
      </ul>
    </article>
  );
}

function FoundingCourier({
  courier,
  members,
}: {
  courier: CourierEntry;
  members: readonly MemberView[];
}): ReactNode {
  const isMember = members.some((one) => one.gln === courier.gln && one.role === 'courier');
  return (
    <article className="entry">
      <h3>{courier.name}</h3>
      <p className="muted">{DIRECTORY.foundingCourierFacts(courier.id, courier.gln)}</p>
      <p className={isMember ? 'muted' : 'warn'}>
        {isMember ? DIRECTORY.foundingOnly : DIRECTORY.foundingNoMember}
      </p>
    </article>
  );
}

function Device({ entry, members, self }: EntryProps & { readonly entry: DeviceEntry }): ReactNode {
  const [open, setOpen] = useState(false);
  const own = self?.id === entry.sponsor;
  return (
    <article className="entry">
      <h3>{entry.name}</h3>
      <p className="muted">
        {within(
          DIRECTORY.deviceFacts(organisationOf(members, entry.sponsor), SLOTS[0], SLOTS[1]),
          <Digest key="key" hex={entry.id} />,
          <Instant key="at" at={entry.notBefore} />,
        )}
      </p>
      {entry.revokedAt === null ? (
        <p>
          <b className="good">{DIRECTORY.deviceInForce}</b>
        </p>
      ) : (
        <p>
          {within(
            DIRECTORY.deviceRevokedFacts(SLOTS[0], SLOTS[1], entry.reason),
            <b key="revoked" className="bad">
              {DIRECTORY.deviceRevoked}
            </b>,
            <Instant key="at" at={entry.revokedAt} />,
          )}
        </p>
      )}
      {!own && <p className="quiet">{DIRECTORY.notYours(organisationOf(members, entry.sponsor))}</p>}
      {own && entry.revokedAt === null && !open && (
        <div className="row">
          <button type="button" className="btn danger" onClick={() => setOpen(true)}>
            {DIRECTORY.revoke}
            <span className="hidden"> {DIRECTORY.revokeOf(entry.name)}</span>
          </button>
        </div>
      )}
      {open && (
        <RevokeEntry
          kind="device"
          id={entry.id}
          keyId={null}
          what={DIRECTORY.revokeWhat(entry.name)}
          onClose={() => setOpen(false)}
        />
      )}
    </article>
  );
}
