/** The requests of a driven session, as the bench would make them from the record in front of it. Pure. */
import type { Manifest, PackageRecord, ServiceRequest } from '../worker/api.ts';
import { translator } from '../ui/i18n/t.ts';
import type { StepName } from './pane-protocol.ts';

const t = translator('demo');

/** `now`: milliseconds since 1970, the claimed time of the step. */
export function requestFor(
  step: StepName,
  record: PackageRecord,
  courierId: string,
  now: number,
): ServiceRequest {
  const post = (path: string, body: ServiceRequest['body']): ServiceRequest => ({
    method: 'POST',
    path,
    body,
  });
  switch (step) {
    case 'scan':
      return post('/scan', { code: scanned(record.sscc), source: 'wedge', at: now });
    case 'validate':
      return post('/validate', { at: now });
    case 'quality':
      return post('/quality', {
        lines: record.manifest.content.lines.map((_, line) => ({
          line,
          defects: [],
          photos: [],
          verdict: 'accept',
        })),
        at: now,
      });
    case 'label':
      return post('/label', { courierId, at: now });
    case 'finish':
      return post('/finish', { at: now });
  }
}

/** GS1-128 as a keyboard-wedge scanner gives it: symbology identifier, AI 00, SSCC (GS1 General Specifications 5.4). */
export function scanned(sscc: string): string {
  return `]C100${sscc}`;
}

/** A manifest for the case that no signed notice is at hand. `serial`: 0 to 999,999,999. */
export function demoManifest(supplierGln: string, shipToGln: string, serial: number, now: number): Manifest {
  const prefix = supplierGln.slice(0, 7);
  const body = `0${prefix}${String(serial).padStart(9, '0')}`;
  const sscc = body + checkDigit(body);
  const gtin = (item: number): string => {
    const digits = `0${prefix}0002${item}`;
    return digits + checkDigit(digits);
  };
  return {
    asnId: `DEMO-${serial}`,
    sscc,
    supplierGln,
    shipToGln,
    lines: [
      {
        gtin: gtin(0),
        description: 'Bearing 6204',
        lot: `L${serial}`,
        serial: null,
        quantity: 240,
        expiry: null,
      },
      {
        gtin: gtin(1),
        description: 'Shaft seal 20 × 47',
        lot: `S${serial}`,
        serial: null,
        quantity: 240,
        expiry: null,
      },
    ],
    issuedAt: new Date(now).toISOString(),
  };
}

/** GS1 General Specifications 7.9.1: weights 3, 1, … from the right. */
export function checkDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++)
    sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10;
}

/** What the headline says while a step runs, and what it means. */
export const STEP_WORDS: Readonly<Record<StepName, StepWords>> = {
  scan: {
    title: (who, four) => t('step.scan', { who, four }),
    detail: t('step.scanDetail'),
  },
  validate: {
    title: (who, four) => t('step.validate', { who, four }),
    detail: t('step.validateDetail'),
  },
  quality: {
    title: (who, four) => t('step.quality', { who, four }),
    detail: t('step.qualityDetail'),
  },
  label: {
    title: (who, four) => t('step.label', { who, four }),
    detail: t('step.labelDetail'),
  },
  finish: {
    title: (who, four) => t('step.finish', { who, four }),
    detail: t('step.finishDetail'),
  },
};

interface StepWords {
  readonly title: (who: string, four: string) => string;
  readonly detail: string;
}
