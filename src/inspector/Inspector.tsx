/** The inspector for any React page: with texts of its own, in an element of its own that inspector.css draws. */
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { LANGUAGES, type Language } from '../ui/i18n/languages.ts';
import { Inspector as View } from '../ui/inspector/Inspector.tsx';
import { watchPageErrors } from '../ui/inspector/page-errors.ts';
import { partsOf, type InspectorAbout, type InspectorSource } from '../ui/inspector/source.ts';
import { INSPECTOR_CLASS } from './mark.ts';
import { isLoaded, loadTexts, speakLoaded } from './speak.ts';

export interface InspectorProps {
  /**
   * A `Network`, or any other way to a replica. What a network knows and must not be in a file is struck out of it without being asked to. Another object
   * is another replica: keep it while it is the same one.
   */
  readonly source:
    | InspectorSource
    | (InspectorSource & {
        readonly name: string;
        readonly identity: string;
        invitation(): Promise<string>;
        members(): readonly { readonly id: string; readonly label: string }[];
      });
  /** What a file for a bug report says of the application. Left out: files can be opened and none is made. */
  readonly about?: InspectorAbout;
  /**
   * English unless given. Another one is loaded when it is first asked for, and where that fails the inspector is in English. A page has one language: of
   * two inspectors the last one to be shown says which.
   */
  readonly language?: Language;
  /** As the system has it unless given. */
  readonly theme?: 'system' | 'light' | 'dark' | 'contrast' | 'contrast-dark';
}

/**
 * Shows what a replica is doing, twice a second while the page is visible: votes, links, what goes over them, sync, disk, signatures, and the last
 * events. It changes nothing. From now on it notes exceptions of the page that nobody catches, for its bug reports.
 */
export function Inspector({ source, about, language = 'en', theme = 'system' }: InspectorProps): ReactNode {
  const shown = useLoaded(language);
  useEffect(() => watchPageErrors(), []);
  const own = useMemo(() => about && { ...about, secrets: () => secretsOf(source, about) }, [source, about]);
  if (shown !== null) speakLoaded(shown);
  return (
    <div
      className={INSPECTOR_CLASS}
      lang={shown ?? language}
      dir={LANGUAGES[shown ?? language].direction}
      data-theme={theme === 'system' ? undefined : theme}
      aria-busy={shown === null}
    >
      {shown !== null && <View key={shown} source={source} {...(own && { about: own })} />}
    </div>
  );
}

/** This language as soon as its texts are here, or English where they do not come; null before that. */
function useLoaded(language: Language): Language | null {
  const [tried, setTried] = useState<Language | null>(null);
  useEffect(() => {
    let wanted = true;
    const done = (): void => {
      if (wanted) setTried(language);
    };
    loadTexts(language).then(done, done);
    return () => {
      wanted = false;
    };
  }, [language]);
  if (isLoaded(language)) return language;
  return tried === language ? 'en' : null;
}

/** Rejects where the network cannot be asked now. */
export async function secretsOf(
  source: InspectorProps['source'],
  about: Pick<InspectorAbout, 'secrets'>,
): Promise<readonly string[]> {
  const secrets = new Set(await about.secrets?.());
  if ('invitation' in source) {
    const invitation = await source.invitation();
    for (const text of [source.name, source.identity, ...partsOf(invitation)]) secrets.add(text);
    for (const { id, label } of source.members()) secrets.add(id).add(label);
  }
  secrets.delete('');
  return [...secrets];
}
