/** Which language this browser's pages speak. The page is loaded anew: every step is stored before it is shown. */
import { useId, type ReactNode } from 'react';
import { saveLocalSettings, useLocalSettings } from '../theme/local-settings.ts';
import { isLanguage, LANGUAGES } from './languages.ts';
import { translator } from './t.ts';

const t = translator('app');

export function LanguageChoice({ className = 'field' }: { className?: string }): ReactNode {
  const { language } = useLocalSettings();
  const id = useId();
  const choose = (value: string): void => {
    saveLocalSettings({ language: isLanguage(value) ? value : 'system' });
    window.location.reload();
  };
  return (
    <div className={className}>
      <label htmlFor={id}>{t('languageLabel')}</label>
      <select id={id} value={language} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="system">{t('languageAsBrowser')}</option>
        {Object.entries(LANGUAGES).map(([code, { name, direction }]) => (
          <option key={code} value={code} lang={code} dir={direction}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
