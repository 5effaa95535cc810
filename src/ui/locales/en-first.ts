/** What is needed to show the bench and every page's frame; the rest is in later.ts. A file for each namespace, keys in plain English, ICU MessageFormat. */
import app from './en/app.json';
import bench from './en/bench.json';
import capabilities from './en/capabilities.json';
import devices from './en/devices.json';
import errors from './en/errors.json';
import layout from './en/layout.json';
import members from './en/members.json';
import parts from './en/parts.json';
import program from './en/program.json';
import scan from './en/scan.json';
import seal from './en/seal.json';
import words from './en/words.json';

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
