/** A page that cannot go on: said in English, since a catalog may be what is missing, and without any other module. */

/** A part of the program did not arrive. */
export const showLoadFailed = (root: HTMLElement, why: unknown): null =>
  show(
    root,
    why,
    'Countersign could not be loaded',
    'A part of the program did not arrive: this device is offline, or the server gave no answer. What you recorded is stored in this browser. Check the connection, then load the page again.',
  );

/** A page threw while it was drawn. */
export const showBroken = (root: HTMLElement, why: unknown): null =>
  show(
    root,
    why,
    'This page has failed',
    'The program made a mistake in drawing this page. Nothing that you recorded is lost: it is stored in this browser. Load the page again. If it fails again, open another page of this site, and tell whoever looks after the program what you did just before.',
  );

function show(root: HTMLElement, why: unknown, title: string, text: string): null {
  const { ownerDocument: own } = root;
  // For whoever opens the console: which part, and what the browser said.
  own.defaultView?.reportError(why);
  own.documentElement.lang = 'en';
  own.documentElement.dir = 'ltr';
  const page = own.createElement('main');
  page.className = 'page';
  const heading = own.createElement('h1');
  heading.textContent = title;
  const words = own.createElement('p');
  words.setAttribute('role', 'alert');
  words.textContent = text;
  const again = own.createElement('button');
  again.type = 'button';
  again.className = 'btn main';
  again.textContent = 'Load again';
  again.addEventListener('click', () => own.defaultView?.location.reload());
  page.append(heading, words, again);
  root.replaceChildren(page);
  return null;
}
