/** What the inspector asks of whoever mounts it. Nothing here knows the application. */
import type { Inspection } from '../../worker/api.ts';

/** A running replica: `api.inspect` of the worker, or any other way to it. */
export interface InspectorSource {
  inspect(): Promise<Inspection>;
}

/** What a saved file says beside the inspection. */
export interface InspectorAbout {
  readonly app: string;
  readonly version: string;
  /** Digest of the program that runs; null or left out: not known. */
  readonly build?: string | null;
  /**
   * Texts that must not be in a file, wherever they came from: join secrets, passwords, pseudonyms of operators, names. They are struck out of
   * the words of exceptions; nothing else in a file is free text. Left out: nothing is struck out by name, but still by its looks. No file is made while
   * it rejects.
   */
  secrets?(): Promise<readonly string[]>;
}

/** Of the supply chain's own pages. */
export interface OwnAbout extends InspectorAbout {
  /** What a file may tell of a key beside what is before its first slash. Left out: nothing. */
  readonly tailOf?: (key: string) => string;
}

/** What of an invitation (`v1.<network>.<join secret>.<…>`) must not be in a file: each part may stand alone. */
export const partsOf = (invitation: string): readonly string[] => [
  invitation,
  ...invitation.split('.').filter((part) => part.length >= 16),
];
