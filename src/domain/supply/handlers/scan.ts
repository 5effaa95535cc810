/** Operator: reads the package's SSCC, by whatever means, and sees what must be inside. */
import * as v from 'valibot';
import { problem } from '../problem.ts';
import { parseScannedCode } from '../scanned-code.ts';
import { SERVICES, type ScanBody } from '../types.ts';
import { actor, At, packageAt, step } from './step.ts';

const Body: v.GenericSchema<unknown, ScanBody> = v.strictObject({
  // Its length is the parser's to judge: it says more about what to do.
  code: v.string('must be text'),
  source: v.picklist(['typed', 'wedge', 'image', 'camera'], 'must be typed, wedge, image or camera'),
  at: At,
});

export const scan = step(Body, (record, body, context) => {
  const found = packageAt(record, SERVICES.scan, context);
  if ('problem' in found) return found;
  const { sscc, manifest } = found.record;
  const read = parseScannedCode(body.code, body.at);
  if (!read.ok) {
    const { type, message } = read.error;
    if (type === 'sscc-check-digit' || type === 'gtin-check-digit')
      return { problem: problem(type, message) };
    return { problem: problem('code-unreadable', message) };
  }
  const code = read.value;
  if (code.sscc === null) {
    return {
      problem: problem(
        'code-unreadable',
        `This is the product ${code.gtin ?? ''}, not a package. Scan the SSCC label on the outside of package ${sscc}.`,
      ),
    };
  }
  if (code.sscc !== sscc) {
    return {
      problem: problem(
        'wrong-package',
        `This is package ${code.sscc}; the session is on ${sscc}. Put it aside and scan ${sscc}, or start a session on ${code.sscc}.`,
      ),
    };
  }
  return {
    record: {
      ...found.record,
      scan: { code: body.code, symbology: code.symbology, at: body.at, by: actor(context) },
    },
    body: {
      sscc,
      symbology: code.symbology,
      form: code.form,
      contents: manifest.content.lines.map(({ gtin, description, lot, serial, quantity, expiry }) => ({
        gtin,
        description,
        lot,
        serial,
        quantity,
        expiry,
      })),
    },
  };
});
