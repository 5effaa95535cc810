/** What is needed to show the bench and every page's frame; the rest is in later.ts. A file for each namespace, keys in plain English, ICU MessageFormat. */
import app from './es/app.json';
import bench from './es/bench.json';
import capabilities from './es/capabilities.json';
import devices from './es/devices.json';
import errors from './es/errors.json';
import layout from './es/layout.json';
import members from './es/members.json';
import parts from './es/parts.json';
import program from './es/program.json';
import scan from './es/scan.json';
import seal from './es/seal.json';
import words from './es/words.json';

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
