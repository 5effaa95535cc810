/**
 * EPCIS 2.0 (GS1 / ISO/IEC 19987) in JSON-LD: what a committed session did, as events that other systems read. Terms are those of the
 * Core Business Vocabulary 2.0.
 *
 * | step | event | bizStep | disposition |
 * |---|---|---|---|
 * | create | AggregationEvent ADD: the manifest's lines into the SSCC, at the supplier | packing | in_progress |
 * | scan | ObjectEvent OBSERVE: the SSCC, from the supplier (or the courier that brought it back) to the warehouse | receiving | in_progress |
 * | quality | AggregationEvent DELETE, if it came back packed: what was in the SSCC | unpacking | in_progress |
 * | quality | ObjectEvent OBSERVE: the lines, one event for each disposition | inspecting | conformant, damaged, expired, mismatch_quantity, no_pedigree_match, non_conformant |
 * | quality | ObjectEvent OBSERVE: the quarantined lines | holding | non_sellable_other |
 * | label | AggregationEvent ADD: the accepted lines into the SSCC, at the warehouse | packing | container_closed |
 * | finish, if labelled | ObjectEvent OBSERVE: the SSCC | staging_outbound | container_closed |
 * | quarantine | AggregationEvent DELETE, if they were packed: the lines out of the SSCC | unpacking | in_progress |
 * | quarantine | ObjectEvent OBSERVE: the lines | holding | recalled, damaged, mismatch_quantity, no_pedigree_match, non_sellable_other |
 * | release | ObjectEvent OBSERVE: the lines, one event for each disposition | inspecting | as in quality |
 * | release, if labelled | AggregationEvent ADD: the accepted lines into the SSCC | packing | container_closed |
 * | courier, if not packed yet | AggregationEvent ADD: the accepted lines into the SSCC | packing | container_closed |
 * | courier | ObjectEvent OBSERVE: the SSCC | staging_outbound | container_closed |
 * | hand-off | ObjectEvent OBSERVE: the SSCC, from the warehouse to the courier, at the place and time that both signed | shipping | in_transit |
 * | delivery: delivered | ObjectEvent OBSERVE: the SSCC, from the courier to the recipient's party | accepting | in_progress |
 * | delivery: anything else | ObjectEvent OBSERVE: the SSCC, with the courier | transporting | in_transit (not at home), returned, damaged, unknown (lost) |
 *
 * An event is never changed. A new inspection of a package that has not left the house declares what was said of its packing and staging since
 * the inspection before as errors: the same events again, with an `errorDeclaration` that names those which take their place. What a
 * courier signed for did happen, and is never taken back.
 *
 * Event ids are derived from (network, key, version, place in the document), so two exports of a session are the same bytes wherever
 * they are made. They are interop ids, and no digest that anybody signed.
 */
export {
  epcisDocument,
  epcisFileName,
  writeEpcis,
  type CommittedVersion,
  type EpcisInput,
} from './epcis/document.ts';
export { DISPOSITION_OF_OUTCOME, DISPOSITION_OF_REASON, EPCIS_MAPPING, EVENTS_OF } from './epcis/mapping.ts';
export type {
  AggregationEvent,
  BizStep,
  Disposition,
  EpcisDocument,
  EpcisEvent,
  ObjectEvent,
} from './epcis/terms.ts';
