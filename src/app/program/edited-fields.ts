/** Whether a person is in the middle of a form: a field that was edited on this page and still holds something. */
import { MAX_EDITED_FIELDS } from '../limits.ts';

/** `dataset` name of a field that is no part of a form: what is in it would not be missed. */
const NO_FORM = 'holdsNoUpdate';

/** What is chosen by one press, and what only looks for something. */
const CHOICES: readonly string[] = ['checkbox', 'radio', 'file', 'search'];

export interface EditedFields {
  readonly any: boolean;
}

/** @param edited called when a field is edited for the first time */
export function watchEditedFields(page: Document, edited: () => void): EditedFields {
  let fields: (HTMLInputElement | HTMLTextAreaElement)[] = [];
  page.addEventListener(
    'input',
    ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return;
      if (CHOICES.includes(target.type) || NO_FORM in target.dataset || fields.includes(target)) return;
      fields = [...fields.filter(isFilled), target].slice(-MAX_EDITED_FIELDS);
      edited();
    },
    { capture: true, passive: true },
  );
  return {
    get any() {
      fields = fields.filter(isFilled);
      return fields.length > 0;
    },
  };
}

/** A form that was sent and is gone holds nothing up. */
const isFilled = (field: HTMLInputElement | HTMLTextAreaElement): boolean =>
  field.isConnected && field.value.trim() !== '';
