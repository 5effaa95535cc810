#!/usr/bin/env node
// The program is TypeScript: tsx is registered first, as `npm start` does.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
