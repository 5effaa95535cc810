/**
 * Loyalty points of a street of merchants, on the middleware alone. Three doors:
 *
 * - `allow` and `RULES_VERSION` for `join` and `createNetwork`: what every merchant's replica votes by (rules.ts);
 * - what a merchant's page does on an open network (issuing.ts, operations.ts, exchange.ts, requests.ts, books.ts): `openStreet`, `issue`, `give`, `split`, `merge`, `retire`, offers,
 *   requests to customers and what becomes of their answers, `unfinished`, `books`;
 * - what a customer's phone does, which is no member and needs no network (customer.ts): keys, requests and answers as texts, receipts.
 *
 * Expected failures are values with a `type` and a `message`; only mistakes of a caller throw.
 */
export { allow, createRules, RULES_VERSION, STREET_RULES, type StreetRules } from './rules.ts';
export * from './limits.ts';
export type {
  AccountKey,
  AccountMove,
  AccountValue,
  Expiry,
  Give,
  GroupKey,
  GroupMove,
  GroupValue,
  Issue,
  IssueOutput,
  Merge,
  OffersValue,
  Output,
  Owner,
  Plan,
  Ref,
  Retirement,
  Split,
  Statement,
  Swap,
} from './types.ts';
export {
  accountKey,
  customer,
  isExpired,
  isMerchant,
  merchant,
  merchantOf,
  offersKey,
  outputKey,
  planId,
} from './names.ts';
export {
  accountOf,
  groupOf,
  groups,
  openStreet,
  type Account,
  type Group,
  type GroupState,
  type Street,
  type StreetNetwork,
} from './street.ts';
export type { LoyaltyError, LoyaltyErrorType } from './errors.ts';
export type { Operation, OperationState, Step } from './operation.ts';
export type { Dated, Options, Outcome } from './parts.ts';
export { refOf } from './parts.ts';
export { issue, retire } from './issuing.ts';
export { finish, give, merge, place, receipt, settle, split, type Receipt } from './operations.ts';
export { acceptOffer, offer, offers, withdrawOffer, type Offer } from './exchange.ts';
export {
  isAnswerTo,
  requestMerge,
  requestPayment,
  requestSwap,
  submit,
  type PaymentWish,
} from './requests.ts';
export { unfinished, type Unfinished } from './unfinished.ts';
export { books, type Books, type IssuerBooks } from './books.ts';
export {
  answerRequest,
  checkReceipt,
  confirmationOf,
  createCustomerKey,
  receiptOf,
  type Confirmation,
  type CustomerKey,
  type Movement,
  type ReceiptCheck,
} from './customer.ts';
export {
  answerText,
  customerText,
  readAnswer,
  readCustomer,
  readReceipt,
  readRequest,
  receiptText,
  requestText,
  type Answer,
  type Request,
  type TextError,
} from './texts.ts';
