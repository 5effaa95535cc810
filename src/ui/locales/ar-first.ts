/** What is needed to show the bench and every page's frame; the rest is in later.ts. A file for each namespace, keys in plain English, ICU MessageFormat. */
import app from './ar/app.json';
import bench from './ar/bench.json';
import capabilities from './ar/capabilities.json';
import devices from './ar/devices.json';
import errors from './ar/errors.json';
import layout from './ar/layout.json';
import members from './ar/members.json';
import parts from './ar/parts.json';
import program from './ar/program.json';
import scan from './ar/scan.json';
import seal from './ar/seal.json';
import words from './ar/words.json';

export default {
  app,
  bench,
  capabilities,
  devices,
  errors,
  layout,
  members,
  parts,
  program,
  scan,
  seal,
  words,
};
