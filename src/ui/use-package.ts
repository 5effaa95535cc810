/** A certified package, read again when the packages change; once, however many parts of a page show it. */
import { useWatched } from '../react/use-watched.ts';
import { read, Watches, type Watch } from '../react/watches.ts';
import type { PackageDetail } from '../worker/api.ts';
import { useClient } from './api-context.tsx';
import type { UiClient } from './client.ts';
import { MAX_WATCHED_PACKAGES } from './limits.ts';

export function usePackageDetail(sscc: string): PackageDetail | null | 'reading' {
  const known = useWatched(packagesOf(useClient()), sscc);
  return known.state === 'read' ? known.value : 'reading';
}

const packages = new WeakMap<UiClient, Watches<PackageDetail | null, null>>();

function packagesOf(client: UiClient): Watches<PackageDetail | null, null> {
  let watches = packages.get(client);
  if (watches === undefined) {
    watches = new Watches({ watch: followPackage(client), limit: MAX_WATCHED_PACKAGES, tooMany: null });
    packages.set(client, watches);
  }
  return watches;
}

/** A package that cannot be asked for now stays as it is shown: it is asked for again at the next change. */
const followPackage =
  (client: UiClient): Watch<PackageDetail | null, null> =>
  (sscc, tell) => {
    let [asked, told] = [0, 0];
    const ask = (): void => {
      const question = ++asked;
      client.api.package(sscc).then(
        (detail) => {
          // An answer that a later question has overtaken is older.
          if (question < told) return;
          told = question;
          tell(read(detail));
        },
        () => undefined,
      );
    };
    let revision = client.getState()?.packagesRevision;
    const end = client.subscribe(() => {
      const now = client.getState()?.packagesRevision;
      if (now === revision) return;
      revision = now;
      ask();
    });
    ask();
    return end;
  };
