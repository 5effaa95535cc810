/** The customer's page: key and receipts on this phone, no network. `?as=<name>`: another purse in the same browser (the demo). */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Boundary } from '../boundary.tsx';
import { SightContext, sightOf } from '../codes/sight.ts';
import { storeProgram } from '../offline.ts';
import '../style/tokens.css';
import '../style/base.css';
import { Phone } from './Phone.tsx';

const as = new URLSearchParams(location.search).get('as');

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <SightContext value={sightOf(location.search)}>
      <Boundary>
        <Phone place={as === null ? 'loyalty.customer' : `loyalty.customer.${as}`} />
      </Boundary>
    </SightContext>
  </StrictMode>,
);
storeProgram();
