// Written by `portage generate` from the plan lending: change the plan, not this file.

import { type ReadOptions } from '../../../src/client/read/reader.ts';
import { getRows, type KeyReader } from '../../../src/client/typed-read.ts';
import { EntityType } from './entity-type.ts';
import { type BranchKey, type StaffKey, type OpeningHoursKey, type AuthorKey, type WorkKey, type WorkAuthorKey, type CopyKey, type MemberKey, type LoanKey, type FineKey, type NoticeKey, type InterlibraryRequestKey } from './keys.ts';
import { toBranch, toStaff, toOpeningHours, toAuthor, toWork, toWorkAuthor, toCopy, toMember, toLoan, toFine, toNotice, toInterlibraryRequest, type Branch, type Staff, type OpeningHours, type Author, type Work, type WorkAuthor, type Copy, type Member, type Loan, type Fine, type Notice, type InterlibraryRequest } from './rows.ts';

/** Rows of BRANCH by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getBranches(client: KeyReader, keys: readonly BranchKey[], options?: ReadOptions): Promise<readonly Branch[]> {
  return getRows(client, EntityType.BRANCH, keys, options, toBranch);
}

/** A row of BRANCH, null where there is none. For several, `getBranches` asks once. */
export async function getBranch(client: KeyReader, key: BranchKey, options?: ReadOptions): Promise<Branch | null> {
  const [row] = await getBranches(client, [key], options);
  return row ?? null;
}

/** Rows of STAFF by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getStaffs(client: KeyReader, keys: readonly StaffKey[], options?: ReadOptions): Promise<readonly Staff[]> {
  return getRows(client, EntityType.STAFF, keys, options, toStaff);
}

/** A row of STAFF, null where there is none. For several, `getStaffs` asks once. */
export async function getStaff(client: KeyReader, key: StaffKey, options?: ReadOptions): Promise<Staff | null> {
  const [row] = await getStaffs(client, [key], options);
  return row ?? null;
}

/** Rows of OPENING_HOURS by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getOpeningHourses(client: KeyReader, keys: readonly OpeningHoursKey[], options?: ReadOptions): Promise<readonly OpeningHours[]> {
  return getRows(client, EntityType.OPENING_HOURS, keys, options, toOpeningHours);
}

/** A row of OPENING_HOURS, null where there is none. For several, `getOpeningHourses` asks once. */
export async function getOpeningHours(client: KeyReader, key: OpeningHoursKey, options?: ReadOptions): Promise<OpeningHours | null> {
  const [row] = await getOpeningHourses(client, [key], options);
  return row ?? null;
}

/** Rows of AUTHOR by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getAuthors(client: KeyReader, keys: readonly AuthorKey[], options?: ReadOptions): Promise<readonly Author[]> {
  return getRows(client, EntityType.AUTHOR, keys, options, toAuthor);
}

/** A row of AUTHOR, null where there is none. For several, `getAuthors` asks once. */
export async function getAuthor(client: KeyReader, key: AuthorKey, options?: ReadOptions): Promise<Author | null> {
  const [row] = await getAuthors(client, [key], options);
  return row ?? null;
}

/** Rows of WORK by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getWorks(client: KeyReader, keys: readonly WorkKey[], options?: ReadOptions): Promise<readonly Work[]> {
  return getRows(client, EntityType.WORK, keys, options, toWork);
}

/** A row of WORK, null where there is none. For several, `getWorks` asks once. */
export async function getWork(client: KeyReader, key: WorkKey, options?: ReadOptions): Promise<Work | null> {
  const [row] = await getWorks(client, [key], options);
  return row ?? null;
}

/** Rows of WORK_AUTHOR by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getWorkAuthors(client: KeyReader, keys: readonly WorkAuthorKey[], options?: ReadOptions): Promise<readonly WorkAuthor[]> {
  return getRows(client, EntityType.WORK_AUTHOR, keys, options, toWorkAuthor);
}

/** A row of WORK_AUTHOR, null where there is none. For several, `getWorkAuthors` asks once. */
export async function getWorkAuthor(client: KeyReader, key: WorkAuthorKey, options?: ReadOptions): Promise<WorkAuthor | null> {
  const [row] = await getWorkAuthors(client, [key], options);
  return row ?? null;
}

/** Rows of COPY by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getCopies(client: KeyReader, keys: readonly CopyKey[], options?: ReadOptions): Promise<readonly Copy[]> {
  return getRows(client, EntityType.COPY, keys, options, toCopy);
}

/** A row of COPY, null where there is none. For several, `getCopies` asks once. */
export async function getCopy(client: KeyReader, key: CopyKey, options?: ReadOptions): Promise<Copy | null> {
  const [row] = await getCopies(client, [key], options);
  return row ?? null;
}

/** Rows of MEMBER by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getMembers(client: KeyReader, keys: readonly MemberKey[], options?: ReadOptions): Promise<readonly Member[]> {
  return getRows(client, EntityType.MEMBER, keys, options, toMember);
}

/** A row of MEMBER, null where there is none. For several, `getMembers` asks once. */
export async function getMember(client: KeyReader, key: MemberKey, options?: ReadOptions): Promise<Member | null> {
  const [row] = await getMembers(client, [key], options);
  return row ?? null;
}

/** Rows of LOAN by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getLoans(client: KeyReader, keys: readonly LoanKey[], options?: ReadOptions): Promise<readonly Loan[]> {
  return getRows(client, EntityType.LOAN, keys, options, toLoan);
}

/** A row of LOAN, null where there is none. For several, `getLoans` asks once. */
export async function getLoan(client: KeyReader, key: LoanKey, options?: ReadOptions): Promise<Loan | null> {
  const [row] = await getLoans(client, [key], options);
  return row ?? null;
}

/** Rows of FINE by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getFines(client: KeyReader, keys: readonly FineKey[], options?: ReadOptions): Promise<readonly Fine[]> {
  return getRows(client, EntityType.FINE, keys, options, toFine);
}

/** A row of FINE, null where there is none. For several, `getFines` asks once. */
export async function getFine(client: KeyReader, key: FineKey, options?: ReadOptions): Promise<Fine | null> {
  const [row] = await getFines(client, [key], options);
  return row ?? null;
}

/** Rows of NOTICE by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getNotices(client: KeyReader, keys: readonly NoticeKey[], options?: ReadOptions): Promise<readonly Notice[]> {
  return getRows(client, EntityType.NOTICE, keys, options, toNotice);
}

/** A row of NOTICE, null where there is none. For several, `getNotices` asks once. */
export async function getNotice(client: KeyReader, key: NoticeKey, options?: ReadOptions): Promise<Notice | null> {
  const [row] = await getNotices(client, [key], options);
  return row ?? null;
}

/** Rows of INTERLIBRARY_REQUEST by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */
export function getInterlibraryRequests(client: KeyReader, keys: readonly InterlibraryRequestKey[], options?: ReadOptions): Promise<readonly InterlibraryRequest[]> {
  return getRows(client, EntityType.INTERLIBRARY_REQUEST, keys, options, toInterlibraryRequest);
}

/** A row of INTERLIBRARY_REQUEST, null where there is none. For several, `getInterlibraryRequests` asks once. */
export async function getInterlibraryRequest(client: KeyReader, key: InterlibraryRequestKey, options?: ReadOptions): Promise<InterlibraryRequest | null> {
  const [row] = await getInterlibraryRequests(client, [key], options);
  return row ?? null;
}
