import type { InspectedEvent, InspectedTimer, Phase, Route, Standing } from '../../worker/api.ts';
import { spoken, translator } from '../i18n/t.ts';
import type { ReportProblem } from './report.ts';

const t = translator('inspector');

export const INSPECTOR = spoken(() => ({
  lead: t('lead'),
  back: t('back'),
  loading: t('loading'),
  failed: t('failed'),
  pause: t('pause'),
  goOn: t('goOn'),
  live: t('live'),
  pausedAt: (time: string): string => t('pausedAt', { time }),
  frozenAt: (time: string): string => t('frozenAt', { time }),
  filter: t('filter'),
  filterHint: t('filterHint'),
  copy: t('copy'),
  copyRow: (what: string): string => t('copyRow', { what }),
  copied: t('copied'),
  notCopied: t('notCopied'),
  none: t('none'),
  unknown: t('unknown'),
  yes: t('yes'),
  no: t('no'),
  member: (place: number): string => t('member', { place }),
  ago: (duration: string): string => t('ago', { duration }),

  summary: t('summary'),
  network: t('network'),
  ownPlace: t('ownPlace'),
  deviceOf: (name: string): string => t('deviceOf', { name }),
  standingLabel: t('standingLabel'),
  resuming: (answered: number, needed: number): string => t('resuming', { answered, needed }),
  quorum: t('quorum'),
  quorumOf: (n: string, f: string, q: string): string => t('quorumOf', { n, f, q }),
  rules: t('rules'),

  votes: t('votes'),
  votesNone: t('votesNone'),
  votesNoneOf: (filter: string): string => t('votesNoneOf', { filter }),
  votesMore: (shown: string, all: string): string => t('votesMore', { shown, all }),
  versionRound: (version: string, round: string): string => t('versionRound', { version, round }),
  lock: t('lock'),
  lockOn: (digest: string, round: string): string => t('lockOn', { digest, round }),
  proposal: t('proposal'),
  openedBy: t('openedBy'),
  previousMissing: t('previousMissing'),
  tieBreaker: t('tieBreaker'),
  values: t('values'),
  refusals: t('refusals'),
  refusedFor: (who: string, rule: string): string => t('refusedFor', { who, rule }),
  timers: t('timers'),
  timersNone: t('timersNone'),
  fires: (duration: string): string => t('within', { duration }),
  fired: (duration: string): string => t('ago', { duration }),
  nextLook: (duration: string): string => t('nextLook', { duration }),
  heardOf: (key: string): string => t('heardOf', { key }),
  preCommitIn: (round: string): string => t('preCommitIn', { round }),
  commitIn: (round: string): string => t('commitIn', { round }),
  memberColumn: t('memberColumn'),
  missingColumn: t('missingColumn'),
  polka: (digest: string): string => t('polka', { digest }),
  saturated: (duration: string): string => t('saturated', { duration }),
  voters: (count: string, needed: string): string => t('voters', { count, needed }),

  links: t('links'),
  linksNone: t('linksNone'),
  linkOf: (name: string): string => t('linkOf', { name }),
  device: t('device'),
  observer: t('observer'),
  columns: {
    to: t('column.to'),
    role: t('column.role'),
    since: t('column.since'),
    path: t('column.path'),
    channel: t('column.channel'),
    rtt: t('column.rtt'),
    bytesOut: t('column.bytesOut'),
    bytesIn: t('column.bytesIn'),
    queued: t('column.queued'),
    buffered: t('column.buffered'),
    kind: t('column.kind'),
    out: t('column.out'),
    in: t('column.in'),
  },
  dialled: t('dialled'),
  answered: t('answered'),
  queueOf: (votes: string, bulk: string, bytes: string): string => t('queueOf', { votes, bulk, bytes }),
  messages: (name: string): string => t('messages', { name }),
  servers: t('servers'),

  machine: t('machine'),
  epochs: t('epochs'),
  epoch: t('epoch'),
  newest: t('newest'),
  phase: t('phase'),
  phases: { open: t('phase.open'), closing: t('phase.closing'), closed: t('phase.closed') },
  left: t('left'),
  sealed: t('sealed'),
  reports: t('reports'),
  carried: t('carried'),
  drafts: t('drafts'),
  draft: (digest: string, approvals: string, joins: string): string =>
    t('draft', { digest, approvals, joins }),
  sync: t('sync'),
  treeColumn: t('column.tree'),
  certifiedColumn: t('column.certified'),
  openColumn: t('column.open'),
  keysColumn: t('column.keys'),
  neighbours: t('neighbours'),
  neighboursNone: t('neighboursNone'),
  neighbourColumns: {
    who: t('neighbour.who'),
    comparing: t('neighbour.comparing'),
    lacks: t('neighbour.lacks'),
    asked: t('neighbour.asked'),
    pulls: t('neighbour.pulls'),
    strikes: t('neighbour.strikes'),
    quiet: t('neighbour.quiet'),
  },
  wantedValues: t('wantedValues'),
  store: t('store'),
  storeRows: {
    writing: t('store.writing'),
    queued: t('store.queued'),
    after: t('store.after'),
    writes: t('store.writes'),
    last: t('store.last'),
    lastAgo: t('store.lastAgo'),
    slowest: t('store.slowest'),
    keys: t('store.keys'),
    cache: t('store.cache'),
    usage: t('store.usage'),
    persisted: t('store.persisted'),
  },
  queuedOf: (logs: string, certified: string, values: string, sessions: string, other: string): string =>
    t('queuedOf', { logs, certified, values, sessions, other }),
  usageOf: (used: string, granted: string): string => t('usageOf', { used, granted }),
  signatures: t('signatures'),
  signatureRows: {
    checking: t('signature.checking'),
    signing: t('signature.signing'),
    waiting: t('signature.waiting'),
    held: t('signature.held'),
    batches: t('signature.batches'),
    due: t('signature.due'),
  },
  timing: t('timing'),
  timingRows: {
    w0: t('timing.w0'),
    twoMessages: t('timing.twoMessages'),
    samples: t('timing.samples'),
    waits: t('timing.waits'),
  },
  samplesOf: (links: string, members: string): string => t('samplesOf', { links, members }),

  trace: t('trace'),
  traceNone: t('traceNone'),
  traceKind: t('traceKind'),
  traceGroups: {
    all: t('group.all'),
    votes: t('group.votes'),
    rounds: t('group.rounds'),
    links: t('group.links'),
  },
  traceShown: (shown: string, found: string, all: string): string => t('traceShown', { shown, found, all }),
  traceColumns: {
    time: t('traceColumn.time'),
    event: t('traceColumn.event'),
    who: t('traceColumn.who'),
    key: t('traceColumn.key'),
    place: t('traceColumn.place'),
    value: t('traceColumn.value'),
  },
  placeOf: (version: string, round: string): string => t('placeOf', { version, round }),
  versionOf: (version: string): string => t('versionOf', { version }),

  errors: t('errors'),
  errorsNone: t('errorsNone'),
  errorWhere: { worker: t('error.worker'), page: t('error.page') },

  report: t('report'),
  reportText: t('reportText'),
  reportLook: t('reportLook'),
  reportTitle: t('reportTitle'),
  reportHolds: [t('holds.head'), t('holds.votes'), t('holds.links'), t('holds.errors')],
  reportNotIn: t('reportNotIn'),
  reportSize: (size: string): string => t('reportSize', { size }),
  reportLeft: (events: string, votes: string): string => t('reportLeft', { events, votes }),
  reportSave: t('reportSave'),
  reportSaved: (name: string): string => t('reportSaved', { name }),
  reportFailed: t('reportFailed'),
  reportContents: t('reportContents'),
  close: t('close'),

  open: t('open'),
  openText: t('openText'),
  openChoose: t('openChoose'),
  opened: (name: string, version: string, browser: string): string => t('opened', { name, version, browser }),
  openClose: t('openClose'),
  unreadable: (name: string): string => t('unreadable', { name }),
}));

/** Side by side in a cell, where "and" would only be longer. `none` where there is nothing. */
export const besides = (all: readonly string[], none: string): string =>
  all.length === 0 ? none : all.reduce((first, next) => t('comma', { first, next }));

/** The same for longer parts. */
export const besidesLonger = (all: readonly string[]): string =>
  all.length === 0 ? '' : all.reduce((first, next) => t('semicolon', { first, next }));

export const STANDINGS = spoken<Readonly<Record<Standing['kind'], string>>>(() => ({
  voter: t('standing.voter'),
  resuming: t('standing.resuming'),
  observer: t('standing.observer'),
  device: t('standing.device'),
  stopped: t('standing.stopped'),
}));

export const PHASES = spoken<Readonly<Record<Phase, string>>>(() => ({
  'not-started': t('votePhase.notStarted'),
  'waits-for-value': t('votePhase.waitsForValue'),
  'not-voted': t('votePhase.notVoted'),
  collecting: t('votePhase.collecting'),
  saturated: t('votePhase.saturated'),
  polka: t('votePhase.polka'),
  committed: t('votePhase.committed'),
}));

export const TIMERS = spoken<Readonly<Record<InspectedTimer['waitsFor'], string>>>(() => ({
  vote: t('timer.vote'),
  'vote-after-first': t('timer.voteAfterFirst'),
  commit: t('timer.commit'),
  advance: t('timer.advance'),
}));

export const EVENTS = spoken<Readonly<Record<InspectedEvent['kind'], string>>>(() => ({
  'session-step': t('event.sessionStep'),
  proposed: t('event.proposed'),
  'pre-commit': t('event.preCommit'),
  commit: t('event.commit'),
  'heard-pre-commit': t('event.heardPreCommit'),
  'heard-commit': t('event.heardCommit'),
  polka: t('event.polka'),
  round: t('event.round'),
  decided: t('event.decided'),
  certificate: t('event.certificate'),
  refused: t('event.refused'),
  evidence: t('event.evidence'),
  link: t('event.link'),
  unlink: t('event.unlink'),
}));

export const MISSING = spoken<Readonly<Record<'away' | 'silent' | 'refused' | 'other-value', string>>>(
  () => ({
    away: t('missing.away'),
    silent: t('missing.silent'),
    refused: t('missing.refused'),
    'other-value': t('missing.otherValue'),
  }),
);

export const VALUE_STATES = spoken<Readonly<Record<'missing' | 'checking' | 'valid' | 'invalid', string>>>(
  () => ({
    missing: t('value.missing'),
    checking: t('value.checking'),
    valid: t('value.valid'),
    invalid: t('value.invalid'),
  }),
);

export const CHANNELS = spoken(() => ({
  'worker-channel': t('channel.worker'),
  'page-port': t('channel.page'),
}));

/** A relay on either side carries the bytes; everything else is a direct way. */
export const routeWords = ({ local, remote, protocol }: Route): string =>
  t('route', {
    local,
    remote,
    protocol,
    way: local === 'relay' || remote === 'relay' ? 'relayed' : 'direct',
  });

export const REPORT_PROBLEMS: Readonly<Record<ReportProblem, (name: string, place: string) => string>> = {
  'too-large': (name) => t('problem.tooLarge', { name }),
  'not-json': (name) => t('problem.notJson', { name }),
  'not-a-report': (name) => t('problem.notAReport', { name }),
  'other-version': (name) => t('problem.otherVersion', { name }),
  damaged: (name, place) => t('problem.damaged', { name, place }),
};
