/** The stalls' page: opening a street, a stall of it, and the demo of a whole one (`/?demo`). */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Boundary } from './boundary.tsx';
import { SightContext, sightOf } from './codes/sight.ts';
import { Demo } from './demo/Demo.tsx';
import { Street } from './merchant/Street.tsx';
import { storeProgram } from './offline.ts';
import './style/tokens.css';
import './style/base.css';

const asked = new URLSearchParams(location.search);
const sight = sightOf(location.search);
// `?demo` is the demo; `?demo=<channel>&who=<stall>` is one of its screens.
const isDemo = asked.has('demo') && sight === null;

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <SightContext value={sight}>
      <Boundary>{isDemo ? <Demo /> : <Street identity={asked.get('identity')} />}</Boundary>
    </SightContext>
  </StrictMode>,
);
storeProgram();
