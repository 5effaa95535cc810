/** Every word that the loyalty pages say. */

/** How a customer is called where no names are kept: the beginning of its key. */
export const customerCode = (owner: string): string => {
  const key = owner.slice(owner.indexOf('/') + 1);
  return `${key.slice(0, 4)} ${key.slice(4, 8)}`;
};

/** More of it, where points go to whoever has the key: too many digits to be met by trying keys. */
export const customerKeyWords = (owner: string): string =>
  (
    owner
      .slice(owner.indexOf('/') + 1)
      .slice(0, 20)
      .match(/.{4}/g) ?? []
  ).join(' ');

const NUMBERS = new Intl.NumberFormat('en');
const points = (count: number): string => (count === 1 ? '1 point' : `${NUMBERS.format(count)} points`);
const until = (day: string | null): string => (day === null ? 'for ever' : `until ${day}`);
const stalls = (count: number): string => (count === 1 ? '1 stall' : `${count} stalls`);

export const T = {
  app: 'Street points',
  back: 'Back',
  points,
  number: (value: number) => NUMBERS.format(value),
  cancel: 'Cancel',
  reading: 'Reading the record …',
  until,
  /** A group in one line. */
  group: (amount: number, issuer: string, day: string | null) =>
    `${points(amount)}, ${issuer}, ${until(day)}`,
  /** Several groups of one issuer: the first last day among them. */
  soonest: (day: string | null, groups: number) =>
    groups > 1 && day !== null ? `the first ${until(day)}` : until(day),

  start: {
    title: 'Points that the whole street keeps',
    what: 'Stalls give points to their customers and take each other’s. No bank and no server keeps them: they count because enough stalls have countersigned them.',
    mine: 'Stalls in this browser',
    open: (stall: string, street: string) => `Open ${stall}, ${street}`,
    choose: 'What do you want to do?',
    found: 'Open a street',
    join: 'Join a street',
    demo: 'See it work: a whole street in one page',
    customer: 'I am a customer',
  },

  door: {
    looking: 'Looking for a stall in this browser …',
    noStorage: (why: string) =>
      `This browser does not let the page store anything, and a stall must keep its key and its record. Allow storage for this site, or leave the private window. (${why})`,
  },

  broken: {
    title: 'This screen could not be shown',
    what: (why: string) =>
      `Something went wrong in this page: ${why}. The street’s record is not touched by it, and what the stalls have countersigned stands.`,
    operations: 'What you had begun goes on.',
    back: 'Back to the counter',
    load: 'Load the page again',
  },

  found: {
    title: 'Open a street',
    what: 'You collect the keys of all stalls, yours among them, and seal the list. After that nobody stands above the others, you included.',
    street: 'Name of the street',
    stall: 'Name of your stall',
    stallHint: 'As customers know it.',
    streetNeeded: 'The street needs a name.',
    stallNeeded: 'Your stall needs a name.',
    make: 'Make my key',
    making: 'Making the key …',
    invite: 'Invite the stalls',
    inviteWhat: 'Every stall opens this address on its own phone or tablet. It then shows you its key.',
    inviteLink: 'Invitation to the street',
    stalls: (count: number) => `Keys of ${stalls(count)}`,
    you: 'you',
    remove: (label: string) => `Remove ${label}`,
    scanStall: 'Scan a stall’s key',
    noStall:
      'This is not the key of a stall. On the other device it is under “Show this to whoever opens the street”.',
    known: (label: string) => `The key of ${label} is in the list already.`,
    sameName: (label: string) => `There is a ${label} in the list already: nobody could tell the two apart.`,
    tooFew: (missing: number) =>
      `${missing} more ${missing === 1 ? 'stall is' : 'stalls are'} needed: with fewer than four, one that lies could not be outvoted.`,
    sealWhat:
      'The list is fixed then, and everybody in it is equal. Nobody can be added later, so wait until all are here.',
    seal: 'Seal the street',
    sealing: 'Sealing …',
    sealed: (count: number) => `The street of ${stalls(count)} is sealed`,
    handOut:
      'Every stall scans this now, or opens the address. It opens the street to those in the list only.',
    streetLink: 'Way into the street',
    openMine: 'Open my stall',
    giveUp: 'Give up this draft',
    giveUpWhat:
      'The key that was made here for this street is deleted, and nothing brings it back. If somebody seals the street with it all the same, this stall cannot open it.',
    giveUpYes: 'Delete the key and begin anew',
  },

  join: {
    title: 'Join a street',
    scanInvite: 'Scan the invitation of whoever opens the street',
    noLink: 'This is not an invitation to a street.',
    name: 'Your stall',
    nameWhat: 'Your key is made on this device and stays here.',
    make: 'Make my key',
    handBack: 'Show this to whoever opens the street',
    handBackWhat: 'It is your public key: anybody may see it.',
    key: (label: string) => `Key of ${label}`,
    after: 'When the street is sealed',
    scanStreet: 'Scan the way into the street',
    noKey:
      'There is no key for this street in this browser. Open it in the browser in which your stall’s key was made, or ask for an invitation.',
    ready: 'The street is sealed',
    readyWhat: (label: string) =>
      `Whether the key of ${label} is in its list shows when you open it. If it is, the street’s record is kept on this device from then on.`,
    open: 'Open my stall',
  },

  code: {
    of: (label: string) => `${label}, as a QR code`,
    part: (label: string, part: number, of: number) => `${label}, QR code ${part} of ${of}`,
    partOf: (part: number, of: number) => `Part ${part} of ${of}`,
    hold: 'Hold',
    next: 'Next part',
    asText: 'As text',
    copy: 'Copy',
    copied: 'Copied.',
    notCopied: 'This browser did not let the page copy. Mark the text and copy it.',
    tooLong: 'This is too long to be shown as QR codes. Copy the text below and hand it over in a message.',
  },

  scan: {
    camera: 'Camera',
    photo: 'Photo',
    paste: 'Or paste the text',
    usePasted: 'Use this text',
    nothingPasted: 'There is nothing in the field.',
    inSight: 'In sight',
    take: (who: string, label: string) => `Scan ${who}: ${label}`,
    sees: 'What the camera sees',
    starting: 'Starting the camera …',
    aim: 'Hold the camera to the code.',
    stop: 'Stop the camera',
    parts: (have: number, of: number) => `${have} of ${of} parts are here. Go on.`,
    damaged: 'The parts do not fit together. Scan all of them again.',
    noCode: 'There is no QR code in this picture. Take it nearer and in more light.',
    noPicture: 'This file is not a picture that the browser can read.',
    notLoaded: 'The reader of QR codes could not be loaded. Paste the text instead.',
    refused: 'The browser may not use the camera. Allow it for this site, take a photo, or paste the text.',
    none: 'This device has no camera. Choose a photo, or paste the text.',
    failed: 'The camera does not work now. Another program may hold it. Take a photo, or paste the text.',
  },

  seal: {
    closed: (signed: number, of: number) => `Countersigned by ${signed} of ${of} stalls`,
    open: (signed: number, needed: number) => `${signed} of the ${needed} stalls that are needed have signed`,
  },

  demo: {
    title: 'A street in one page',
    what: 'Seven stalls and two customers, each on a screen of its own. Let Bakery give points to Ann, then let Ann pay with them at Coffee. Screens hand each other codes by a button here; on the street a camera does it.',
    street: 'Demo street',
    looking: 'Looking for the street …',
    keys: (label: string) => `Making the key of ${label} …`,
    sealing: 'Sealing the street …',
    clearing: 'Clearing the old street …',
    anew: 'Begin anew',
    stalls: 'Stalls',
    customers: 'Customers',
    phone: (name: string) => `${name}’s phone`,
    stallFrame: (label: string) => `${label}, a stall`,
  },

  stall: {
    opening: 'Opening the record …',
    notOpened: 'The stall could not be opened',
    again: 'Back to the beginning',
  },

  counter: {
    title: (stall: string, street: string) => `${stall}, ${street}`,
  },

  health: {
    starting: 'Starting …',
    observer: (why: string) => `Only watching: ${why}`,
    spare: (here: number, n: number, needed: number) =>
      here === n ? `All ${n} stalls here` : `${here} of ${n} stalls here, ${needed} needed`,
    edge: (here: number, n: number) => `${here} of ${n} stalls here, all needed`,
    short: (here: number, _: number, needed: number) => `${here} of ${needed} needed stalls here`,
    lied: (count: number) => `${stalls(count)} proved to lie`,
    banner: (here: number, needed: number) =>
      `Offline: ${needed} stalls must countersign, and only ${here === 1 ? 'this one is' : `${here} are`} in reach. What you do now waits, and its points cannot be spent before enough stalls have signed.`,
    waiting: (count: number) => (count === 1 ? '1 operation waits.' : `${count} operations wait.`),
  },

  home: {
    what: 'What to do',
    give: 'Give points',
    take: 'Take points',
    exchange: 'Exchange',
    customer: 'For a customer',
    card: 'Show the street’s card',
    recent: 'Recent',
    nothing: 'Nothing yet since this page was opened.',
    show: 'Show',
    offered: 'Offers to you',
    offer: (by: string, given: string, wanted: string) =>
      `${by} gives ${given} for ${wanted}, which you hold.`,
    accept: 'Accept',
    unfinished: 'Under way or left half done',
    unfinishedWhat:
      'A stall is at it now, or its device stopped in between. Anyone on the street may finish it; no points are lost.',
    unplaced: (amount: number, issuer: string, day: string | null, owner: string) =>
      `${points(amount)} of ${issuer}, ${until(day)}, are on their way to ${owner}`,
    locked: (amount: number) => `${points(amount)} wait for a merge or an exchange`,
    retirement: (amount: number, issuer: string) =>
      `${points(amount)} of ${issuer} are on their way out of circulation`,
    finish: 'Finish it',
    account: 'Your account',
    issued: 'issued',
    outstanding: 'outstanding',
    left: 'may still issue',
    held: (amount: number) => `You hold ${points(amount)}`,
    ownBack: 'Your own, come back',
    retireWhat: (amount: number) =>
      `${points(amount)} of yours came back. Out of circulation they free as many new ones.`,
    retire: 'Take them out',
  },

  title: {
    give: (amount: number, code: string) => `Give ${points(amount)} to customer ${code}`,
    take: (amount: number, code: string) => `Take ${points(amount)} from customer ${code}`,
    merge: (code: string) => `Put together points of customer ${code}`,
    cut: (amount: number, rest: number, code: string) =>
      `Cut into ${amount} and ${rest} for customer ${code}`,
    pass: (amount: number, from: string, to: string) =>
      `Pass ${points(amount)} from customer ${from} to customer ${to}`,
    callBack: (amount: number, code: string) =>
      `Call back signatures for ${points(amount)} of customer ${code}`,
    swap: (amount: number, mine: number, code: string) =>
      `Exchange ${points(amount)} of customer ${code} for ${mine} of yours`,
    offer: (mine: string, theirs: string, by: string) => `Offer ${mine} for ${theirs}, to ${by}`,
    accept: (by: string) => `Accept the offer of ${by}`,
    withdraw: (what: string) => `Withdraw: ${what}`,
    retire: (amount: number) => `Take ${points(amount)} out of circulation`,
    finish: (what: string) => `Finish: ${what}`,
  },

  state: {
    pending: 'Pending',
    certified: 'Countersigned',
    lost: 'Lost',
    failed: 'Not done',
  },

  operation: {
    pending: 'Pending: waiting for the other stalls',
    step: (at: number, of: number) => `Step ${at} of ${of}`,
    notSpendable: 'Not points yet: nothing of this can be spent before it is countersigned.',
    tooFew: (here: number, needed: number) =>
      `In reach: ${here} of the ${needed} stalls that must sign. It goes on by itself when more are back; keep this page open.`,
    away: (names: string) => `Out of reach: ${names}.`,
    refused: 'The other stalls refuse it',
    failed: 'It was not done',
    lost: 'Lost: the same points were spent somewhere else first',
    overtaken: 'Lost: something else was countersigned first',
    winner: (owners: string) => `They belong to: ${owners}.`,
    part: (amount: number, owner: string) => `${owner} (${points(amount)})`,
    lostWhat: 'You have no points of it: hand nothing over for them. They were signed away twice.',
    overtakenWhat: 'Nothing of this was done. Look at what is there now, and begin again.',
    receipts: 'Receipts',
    receiptWhat: 'For the customer to scan: with it the phone can check the points without a network.',
    receipt: (amount: number) => `Receipt for ${points(amount)}`,
    noReceipt: (why: string) => `No receipt can be shown now: ${why}`,
    meanwhile: 'Go on meanwhile',
    done: 'Done',
  },

  amount: {
    add: (more: number) => `+${more}`,
    wrong: 'A whole number from 1 is needed.',
  },

  customer: {
    named: (code: string) => `customer ${code}`,
    scan: 'Scan the customer’s code',
  },

  give: {
    title: 'Give points',
    to: (code: string) => `Give points to customer ${code}`,
    amount: 'How many?',
    from: 'Which points?',
    fresh: 'New points of yours',
    held: (issuer: string, most: number, days: string) =>
      `Of ${issuer} that you hold, up to ${most}, ${days}`,
    valid: 'Until when are they taken?',
    year: 'For a year',
    ever: 'For ever',
    do: 'Give',
    noGroup: 'No single group that you hold is as large. Give fewer, or new points.',
    note: 'They count when enough stalls have countersigned, usually within a second.',
  },

  take: {
    title: 'Take points',
    from: (code: string) => `Take points from customer ${code}`,
    which: 'Whose points?',
    sum: (amount: number, issuer: string, groups: number, days: string) =>
      `${points(amount)} of ${issuer}${groups > 1 ? ` in ${groups} groups` : ''}, ${days}`,
    amount: 'How many?',
    do: 'Ask the customer',
    none: 'This customer has no points that the street knows of.',
    tooMany: (have: number) => `The customer has ${points(have)} of these.`,
    past: (amount: number) => `${points(amount)} more are past their last day.`,
    ask: (amount: number) => `Ask for ${points(amount)}`,
    mergeFirst: (amount: number) => `First put together groups to make ${points(amount)}`,
    earlier: (day: string | null) =>
      `Their last days differ, and the earliest counts for all that is put together: ${until(day)}.`,
    goOn: 'Now ask for the payment',
  },

  ask: {
    show: 'Let the customer scan this and read what is asked.',
    request: 'Request',
    scan: 'Then scan the customer’s answer',
    other: 'This is the answer of another customer.',
  },

  forCustomer: {
    title: 'For a customer',
    of: (code: string) => `Points of customer ${code}`,
    sum: (amount: number, issuer: string) => `${points(amount)} of ${issuer}`,
    merge: (count: number) => `Put ${count} groups together`,
    cut: (amount: number) => `Cut ${amount}`,
    pass: (amount: number) => `Pass on ${amount}`,
    swap: (amount: number) => `Exchange ${amount}`,
    callBack: (amount: number) => `Call back ${amount}`,
    callBackWhat:
      'Call back: the customer signs, and whatever it had signed for these points before becomes void.',
    past: 'past their last day',
    cutTitle: (amount: number) => `Cut a group of ${points(amount)}`,
    cutAmount: 'Points of the first part',
    cutWrong: (amount: number) => `A whole number from 1 to ${amount - 1} is needed.`,
    passTitle: (amount: number) => `Pass ${points(amount)} on to another customer`,
    passScan: 'Scan the code of who gets them',
    passSelf: 'This is the code of the same customer: somebody else has to get them.',
    swapTitle: (theirs: string) => `Exchange ${theirs}: for which of yours?`,
    swapNone: 'You hold no points to give for them.',
  },

  exchange: {
    title: 'Exchange with another stall',
    what: 'Choose what you give. Both change hands or neither does.',
    noneHeld: 'You hold no points. What customers pay with comes here.',
    forWhat: (mine: string) => `What do you want for ${mine}?`,
    noneTheirs: 'No other stall holds any points now.',
    held: (what: string, by: string) => `${what}, held by ${by}`,
    offered: 'Your offers',
    offer: (mine: string, theirs: string) => `${mine} for ${theirs}`,
    withdraw: 'Withdraw',
  },

  card: {
    title: 'The street’s card',
    what: 'A customer scans it once. With it a phone can check receipts of this street, also where there is no network.',
    code: 'Code of the street:',
    label: 'Card of the street',
    page: (address: string) => `The customer’s page is ${address}`,
    stalls: 'For stalls',
    stallsWhat: 'The way into the street, for a stall of the list that lost its link.',
  },

  purse: {
    title: 'My points',
    noStreet: 'No street yet',
    code: 'My code',
    you: 'you',
    what: 'What to do',
    show: 'Show my code',
    compare: 'When points are passed on to you, the other phone shows:',
    showWhat: 'A stall scans it to give you points or to take them. It is not secret.',
    myCode: 'My code',
    scan: 'Scan a stall’s screen',
    scanWhat: 'Scan what the stall shows: a request, a receipt, or the street’s card',
    asOf: 'as your receipts say',
    receipts: 'Receipts',
    none: 'None yet.',
    from: (stall: string) => `points of ${stall}`,
    checked: (signed: number) => `✓ signed by ${stalls(signed)}`,
    away: (count: number) => (count === 1 ? '1 signed away' : `${count} signed away`),
    awayWhat:
      'You have signed these for a stall. If it did not take them they are yours, and whoever has your signature may still take them, until the points change: any stall can tell, and can call the signature back for you.',
    countAgainOf: (stall: string, day: string | null) => `points of ${stall}, ${until(day)}`,
    countAgain: (amount: number) => `Count ${amount} again`,
    taken: (amount: number) => `${points(amount)} taken: the receipt is genuine.`,
    keep: 'Key and storage',
    answer: 'Your signature',
    answerWhat: 'Let the stall scan it. It is for this one request and for nothing else.',
    answerPay:
      'Let the stall scan it. It is for this one payment and for nothing else. Wait until the stall says that it is countersigned.',
    answerLabel: 'Answer',
    scanReceipt: 'Scan the receipt',
    needStreet:
      'This phone does not know the street yet, so it cannot check the receipt. Scan the street’s card first.',
    receiptWrong: (why: string) => `This receipt proves nothing: ${why}`,
    notMine: 'This receipt is genuine, and its points belong to somebody else.',
    notLive: 'These points have been spent or wait for something: this is no receipt to keep.',
    older: 'This phone has a newer receipt of the same points.',
    otherStreet: (name: string) =>
      `This is the card of another street. This purse holds points of ${name}: keep its key in a file, and use another browser for the other street.`,
    otherNames: (was: string, says: string) =>
      `This card is of the street that this phone knows, and it says “${says}” where the phone has “${was}”. Nothing was taken from it. Names are only the word of the stall that shows the card: ask at two stalls which is right. If the phone’s are wrong, forget them under “Key and storage”, then scan the card again.`,
    noName: 'no such stall',
    trust: (name: string) => `Trust ${name}?`,
    trustWhat: (count: number) =>
      `${stalls(count)} keep it. Compare the code below at two stalls: if it is the same, it is the same street.`,
    trustNames:
      'These names are not signed: they are the word of the stall that shows the card. Compare them at two stalls as well.',
    namesOf: 'Names on the card',
    trustYes: 'It is the same: trust it',
    trusted: (name: string) => `This phone can check receipts of ${name} now.`,
    unreadable:
      'What this phone has stored cannot be read. Nothing was changed. A newer version of this page may have written it: load the page again.',
  },

  confirm: {
    pay: 'You are asked to pay',
    'call-back': 'You take back what you signed before',
    split: 'You are asked to cut a group',
    merge: 'You are asked to put groups together',
    swap: 'You are asked to exchange',
    move: (from: string, to: string) => `from ${from} to ${to},`,
    earlier: 'Their last days differ: the earliest counts for all of them afterwards.',
    keeps: 'What stays yours',
    nothingLeft: 'Nothing of this group is left.',
    noStreet:
      'This phone does not know the street: names of stalls cannot be shown. Scan the street’s card to see them.',
    sign: 'Sign',
    refuse: 'Do not sign',
  },

  keep: {
    title: 'Key and storage',
    what: 'Your key and your receipts are on this phone only. Whoever clears the data of this site, or loses the phone, loses the key, and with it every point: nobody can bring it back.',
    safe: 'The browser has agreed not to clear it by itself.',
    unsafe: 'The browser may clear it when space is short. Keep a copy.',
    fileName: 'my-points.json',
    save: 'Save a copy',
    saveWhat: 'The file holds the secret key. Whoever has it can spend your points: keep it like money.',
    restore: 'Restore from a copy',
    wrongFile: 'This file is not a copy of a purse.',
    otherKey:
      'This copy is of another key. The key of this phone goes when it is restored, and with it every point that belongs to it, unless you have a copy. Save one first, with the button above.',
    otherKeyYes: 'I may lose points: replace the key',
    replaceSaved: 'Replace the key, the copy is saved',
    otherKeyNo: 'Keep the key of this phone',
    forgetNames: 'Forget the names of the stalls',
    forgetNamesWhat: 'Key and receipts stay. The names come back with the next card that you scan.',
    forgotNames: 'The names are forgotten. Scan the street’s card again.',
    merged: (count: number) =>
      count === 0
        ? 'This phone had all of it already: nothing newer is in the copy.'
        : `${count === 1 ? '1 receipt' : `${count} receipts`} taken from the copy. What was newer here has stayed.`,
    restored: (count: number) => `Restored, with ${count === 1 ? '1 receipt' : `${count} receipts`}.`,
  },
} as const;
