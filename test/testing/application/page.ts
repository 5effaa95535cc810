/** The smallest application: it joins with the identity that its address names, and shows how many members it sees. e2e/testing.spec.ts tests it. */
import { join } from 'countersign';

const began = document.getElementById('began');
const worker = new Worker(new URL('clock.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<number>) => {
  if (began !== null) began.textContent = String(data);
};

const standing = document.getElementById('standing');
const joined = await join({
  identity: location.hash.slice(1),
  allow: ({ key }) => !key.startsWith('forbidden/'),
});
if (!joined.ok) throw new Error(joined.error.message);
joined.value.subscribeStatus(({ here }) => {
  if (standing !== null) standing.textContent = `${here} here`;
});
