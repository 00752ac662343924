// Written by `portage generate` from the plan lending: change the plan, not this file.

import { field, numeric, text } from '../../../src/client/field.ts';
import { type ItemKey } from '../../../src/domain/item.ts';
import { keyFormat } from '../../../src/domain/mapping/items/key-format.ts';
import { type ColumnType } from '../../../src/domain/mapping/values/types.ts';

const typeInt2: ColumnType = {"kind":"integer","array":false,"name":"int2","precision":null,"scale":null,"length":null};
const typeText: ColumnType = {"kind":"text","array":false,"name":"text","precision":null,"scale":null,"length":null};
const typeInt4: ColumnType = {"kind":"integer","array":false,"name":"int4","precision":null,"scale":null,"length":null};
const typeBpchar: ColumnType = {"kind":"padded","array":false,"name":"bpchar","precision":null,"scale":null,"length":2};
const typeVarchar: ColumnType = {"kind":"text","array":false,"name":"varchar","precision":null,"scale":null,"length":200};
const typeUuid: ColumnType = {"kind":"uuid","array":false,"name":"uuid","precision":null,"scale":null,"length":null};
const typeDate: ColumnType = {"kind":"date","array":false,"name":"date","precision":null,"scale":null,"length":null};
const typeInt8: ColumnType = {"kind":"integer","array":false,"name":"int8","precision":null,"scale":null,"length":null};
const typeTimestamptz: ColumnType = {"kind":"timestamptz","array":false,"name":"timestamptz","precision":null,"scale":null,"length":null};

/** BRANCH, base table: PK `BRANCH#{id}`, SK `BRANCH#{id}`. */
export type BranchKey = { readonly id: number };

const formatBranchKey = keyFormat('BRANCH', { PK: 'BRANCH#{id}', SK: 'BRANCH#{id}' }, { id: typeInt2 });

export function buildBranchKey(key: BranchKey): ItemKey {
  return formatBranchKey.build(key);
}

/** Null for a key of another format. */
export function parseBranchKey(key: ItemKey): BranchKey | null {
  const found = formatBranchKey.parse(key);
  return found === null ? null : { id: field(found, 'id', numeric) };
}

/** BRANCH, GSI1: PK `TOWN#{city}`, SK `BRANCH#{name}#{id}`. */
export type BranchGSI1Key = { readonly city: string; readonly name: string; readonly id: number };

const formatBranchGSI1Key = keyFormat('BRANCH', { PK: 'TOWN#{city}', SK: 'BRANCH#{name}#{id}' }, { city: typeText, name: typeText, id: typeInt2 });

export function buildBranchGSI1Key(key: BranchGSI1Key): ItemKey {
  return formatBranchGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseBranchGSI1Key(key: ItemKey): BranchGSI1Key | null {
  const found = formatBranchGSI1Key.parse(key);
  return found === null ? null : { city: field(found, 'city', text), name: field(found, 'name', text), id: field(found, 'id', numeric) };
}

/** BRANCH, unique name: PK `UNIQUE#BRANCH#name#{name}`, SK `UNIQUE`. */
export type BranchNameUniqueKey = { readonly name: string };

const formatBranchNameUniqueKey = keyFormat('BRANCH', { PK: 'UNIQUE#BRANCH#name#{name}', SK: 'UNIQUE' }, { name: typeText });

export function buildBranchNameUniqueKey(key: BranchNameUniqueKey): ItemKey {
  return formatBranchNameUniqueKey.build(key);
}

/** Null for a key of another format. */
export function parseBranchNameUniqueKey(key: ItemKey): BranchNameUniqueKey | null {
  const found = formatBranchNameUniqueKey.parse(key);
  return found === null ? null : { name: field(found, 'name', text) };
}

/** STAFF, base table: PK `BRANCH#{branch_id}`, SK `STAFF#{id}`. */
export type StaffKey = { readonly branch_id: number; readonly id: number };

const formatStaffKey = keyFormat('STAFF', { PK: 'BRANCH#{branch_id}', SK: 'STAFF#{id}' }, { branch_id: typeInt2, id: typeInt4 });

export function buildStaffKey(key: StaffKey): ItemKey {
  return formatStaffKey.build(key);
}

/** Null for a key of another format. */
export function parseStaffKey(key: ItemKey): StaffKey | null {
  const found = formatStaffKey.parse(key);
  return found === null ? null : { branch_id: field(found, 'branch_id', numeric), id: field(found, 'id', numeric) };
}

/** STAFF, GSI2: PK `MENTOR#{mentor_id}`, SK `STAFF#{id}`. */
export type StaffGSI2Key = { readonly mentor_id: number; readonly id: number };

const formatStaffGSI2Key = keyFormat('STAFF', { PK: 'MENTOR#{mentor_id}', SK: 'STAFF#{id}' }, { mentor_id: typeInt4, id: typeInt4 });

export function buildStaffGSI2Key(key: StaffGSI2Key): ItemKey {
  return formatStaffGSI2Key.build(key);
}

/** Null for a key of another format. */
export function parseStaffGSI2Key(key: ItemKey): StaffGSI2Key | null {
  const found = formatStaffGSI2Key.parse(key);
  return found === null ? null : { mentor_id: field(found, 'mentor_id', numeric), id: field(found, 'id', numeric) };
}

/** OPENING_HOURS, base table: PK `BRANCH#{Branch Id}`, SK `OPENING_HOURS#{Weekday}`. */
export type OpeningHoursKey = { readonly 'Branch Id': number; readonly Weekday: number };

const formatOpeningHoursKey = keyFormat('OPENING_HOURS', { PK: 'BRANCH#{Branch Id}', SK: 'OPENING_HOURS#{Weekday}' }, { 'Branch Id': typeInt2, Weekday: typeInt2 });

export function buildOpeningHoursKey(key: OpeningHoursKey): ItemKey {
  return formatOpeningHoursKey.build(key);
}

/** Null for a key of another format. */
export function parseOpeningHoursKey(key: ItemKey): OpeningHoursKey | null {
  const found = formatOpeningHoursKey.parse(key);
  return found === null ? null : { 'Branch Id': field(found, 'Branch Id', numeric), Weekday: field(found, 'Weekday', numeric) };
}

/** AUTHOR, base table: PK `AUTHOR#{id}`, SK `AUTHOR#{id}`. */
export type AuthorKey = { readonly id: number };

const formatAuthorKey = keyFormat('AUTHOR', { PK: 'AUTHOR#{id}', SK: 'AUTHOR#{id}' }, { id: typeInt4 });

export function buildAuthorKey(key: AuthorKey): ItemKey {
  return formatAuthorKey.build(key);
}

/** Null for a key of another format. */
export function parseAuthorKey(key: ItemKey): AuthorKey | null {
  const found = formatAuthorKey.parse(key);
  return found === null ? null : { id: field(found, 'id', numeric) };
}

/** WORK, base table: PK `WORK#{id}`, SK `WORK#{id}`. */
export type WorkKey = { readonly id: number };

const formatWorkKey = keyFormat('WORK', { PK: 'WORK#{id}', SK: 'WORK#{id}' }, { id: typeInt4 });

export function buildWorkKey(key: WorkKey): ItemKey {
  return formatWorkKey.build(key);
}

/** Null for a key of another format. */
export function parseWorkKey(key: ItemKey): WorkKey | null {
  const found = formatWorkKey.parse(key);
  return found === null ? null : { id: field(found, 'id', numeric) };
}

/** WORK, GSI1: PK `SEQUELS#{sequel_to}`, SK `WORK#{published_in}#{id}`. */
export type WorkGSI1Key = { readonly sequel_to: number; readonly published_in: number; readonly id: number };

const formatWorkGSI1Key = keyFormat('WORK', { PK: 'SEQUELS#{sequel_to}', SK: 'WORK#{published_in}#{id}' }, { sequel_to: typeInt4, published_in: typeInt2, id: typeInt4 });

export function buildWorkGSI1Key(key: WorkGSI1Key): ItemKey {
  return formatWorkGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseWorkGSI1Key(key: ItemKey): WorkGSI1Key | null {
  const found = formatWorkGSI1Key.parse(key);
  return found === null ? null : { sequel_to: field(found, 'sequel_to', numeric), published_in: field(found, 'published_in', numeric), id: field(found, 'id', numeric) };
}

/** WORK, GSI2: PK `LANGUAGE#{language|lower}`, SK `WORK#{title}#{id}`. */
export type WorkGSI2Key = { readonly language: string; readonly title: string; readonly id: number };

const formatWorkGSI2Key = keyFormat('WORK', { PK: 'LANGUAGE#{language|lower}', SK: 'WORK#{title}#{id}' }, { language: typeBpchar, title: typeVarchar, id: typeInt4 });

export function buildWorkGSI2Key(key: WorkGSI2Key): ItemKey {
  return formatWorkGSI2Key.build(key);
}

/** Null for a key of another format. */
export function parseWorkGSI2Key(key: ItemKey): WorkGSI2Key | null {
  const found = formatWorkGSI2Key.parse(key);
  return found === null ? null : { language: field(found, 'language', text), title: field(found, 'title', text), id: field(found, 'id', numeric) };
}

/** WORK_AUTHOR, base table: PK `AUTHOR#{author_id}`, SK `WORK_AUTHOR#{work_id}`. */
export type WorkAuthorKey = { readonly author_id: number; readonly work_id: number };

const formatWorkAuthorKey = keyFormat('WORK_AUTHOR', { PK: 'AUTHOR#{author_id}', SK: 'WORK_AUTHOR#{work_id}' }, { author_id: typeInt4, work_id: typeInt4 });

export function buildWorkAuthorKey(key: WorkAuthorKey): ItemKey {
  return formatWorkAuthorKey.build(key);
}

/** Null for a key of another format. */
export function parseWorkAuthorKey(key: ItemKey): WorkAuthorKey | null {
  const found = formatWorkAuthorKey.parse(key);
  return found === null ? null : { author_id: field(found, 'author_id', numeric), work_id: field(found, 'work_id', numeric) };
}

/** WORK_AUTHOR, GSI1: PK `AUTHORS#{work_id}`, SK `WORK_AUTHOR#{role}#{author_id}`. */
export type WorkAuthorGSI1Key = { readonly work_id: number; readonly role: string; readonly author_id: number };

const formatWorkAuthorGSI1Key = keyFormat('WORK_AUTHOR', { PK: 'AUTHORS#{work_id}', SK: 'WORK_AUTHOR#{role}#{author_id}' }, { work_id: typeInt4, role: typeText, author_id: typeInt4 });

export function buildWorkAuthorGSI1Key(key: WorkAuthorGSI1Key): ItemKey {
  return formatWorkAuthorGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseWorkAuthorGSI1Key(key: ItemKey): WorkAuthorGSI1Key | null {
  const found = formatWorkAuthorGSI1Key.parse(key);
  return found === null ? null : { work_id: field(found, 'work_id', numeric), role: field(found, 'role', text), author_id: field(found, 'author_id', numeric) };
}

/** COPY, base table: PK `WORK#{work_id}`, SK `COPY#{number}`. */
export type CopyKey = { readonly work_id: number; readonly number: number };

const formatCopyKey = keyFormat('COPY', { PK: 'WORK#{work_id}', SK: 'COPY#{number}' }, { work_id: typeInt4, number: typeInt2 });

export function buildCopyKey(key: CopyKey): ItemKey {
  return formatCopyKey.build(key);
}

/** Null for a key of another format. */
export function parseCopyKey(key: ItemKey): CopyKey | null {
  const found = formatCopyKey.parse(key);
  return found === null ? null : { work_id: field(found, 'work_id', numeric), number: field(found, 'number', numeric) };
}

/** COPY, GSI1: PK `SHELVES#{branch_id}`, SK `COPY#{shelf}#{work_id}#{number}`. */
export type CopyGSI1Key = { readonly branch_id: number; readonly shelf: string; readonly work_id: number; readonly number: number };

const formatCopyGSI1Key = keyFormat('COPY', { PK: 'SHELVES#{branch_id}', SK: 'COPY#{shelf}#{work_id}#{number}' }, { branch_id: typeInt2, shelf: typeText, work_id: typeInt4, number: typeInt2 });

export function buildCopyGSI1Key(key: CopyGSI1Key): ItemKey {
  return formatCopyGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseCopyGSI1Key(key: ItemKey): CopyGSI1Key | null {
  const found = formatCopyGSI1Key.parse(key);
  return found === null ? null : { branch_id: field(found, 'branch_id', numeric), shelf: field(found, 'shelf', text), work_id: field(found, 'work_id', numeric), number: field(found, 'number', numeric) };
}

/** MEMBER, base table: PK `MEMBER#{id}`, SK `MEMBER#{id}`. */
export type MemberKey = { readonly id: string };

const formatMemberKey = keyFormat('MEMBER', { PK: 'MEMBER#{id}', SK: 'MEMBER#{id}' }, { id: typeUuid });

export function buildMemberKey(key: MemberKey): ItemKey {
  return formatMemberKey.build(key);
}

/** Null for a key of another format. */
export function parseMemberKey(key: ItemKey): MemberKey | null {
  const found = formatMemberKey.parse(key);
  return found === null ? null : { id: field(found, 'id', text) };
}

/** MEMBER, GSI1: PK `EMAIL#{email|lower}`, SK `MEMBER#{id}`. */
export type MemberGSI1Key = { readonly email: string; readonly id: string };

const formatMemberGSI1Key = keyFormat('MEMBER', { PK: 'EMAIL#{email|lower}', SK: 'MEMBER#{id}' }, { email: typeText, id: typeUuid });

export function buildMemberGSI1Key(key: MemberGSI1Key): ItemKey {
  return formatMemberGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseMemberGSI1Key(key: ItemKey): MemberGSI1Key | null {
  const found = formatMemberGSI1Key.parse(key);
  return found === null ? null : { email: field(found, 'email', text), id: field(found, 'id', text) };
}

/** MEMBER, unique email: PK `UNIQUE#MEMBER#email#{email|lower}`, SK `UNIQUE`. */
export type MemberEmailUniqueKey = { readonly email: string };

const formatMemberEmailUniqueKey = keyFormat('MEMBER', { PK: 'UNIQUE#MEMBER#email#{email|lower}', SK: 'UNIQUE' }, { email: typeText });

export function buildMemberEmailUniqueKey(key: MemberEmailUniqueKey): ItemKey {
  return formatMemberEmailUniqueKey.build(key);
}

/** Null for a key of another format. */
export function parseMemberEmailUniqueKey(key: ItemKey): MemberEmailUniqueKey | null {
  const found = formatMemberEmailUniqueKey.parse(key);
  return found === null ? null : { email: field(found, 'email', text) };
}

/** LOAN, base table: PK `MEMBER#{member_id}`, SK `LOAN#{lent_on}#{id}`. */
export type LoanKey = { readonly member_id: string; readonly lent_on: string | Date; readonly id: string | number | bigint };

export type ParsedLoanKey = { readonly member_id: string; readonly lent_on: string; readonly id: string };

const formatLoanKey = keyFormat('LOAN', { PK: 'MEMBER#{member_id}', SK: 'LOAN#{lent_on}#{id}' }, { member_id: typeUuid, lent_on: typeDate, id: typeInt8 });

export function buildLoanKey(key: LoanKey): ItemKey {
  return formatLoanKey.build(key);
}

/** Null for a key of another format. */
export function parseLoanKey(key: ItemKey): ParsedLoanKey | null {
  const found = formatLoanKey.parse(key);
  return found === null ? null : { member_id: field(found, 'member_id', text), lent_on: field(found, 'lent_on', text), id: field(found, 'id', text) };
}

/** LOAN, GSI1: PK `OUT#{member_id.branch_id.city}`, SK `LOAN#{due_on}#{id}`. */
export type LoanGSI1Key = { readonly 'member_id.branch_id.city': string; readonly due_on: string | Date; readonly id: string | number | bigint };

export type ParsedLoanGSI1Key = { readonly 'member_id.branch_id.city': string; readonly due_on: string; readonly id: string };

const formatLoanGSI1Key = keyFormat('LOAN', { PK: 'OUT#{member_id.branch_id.city}', SK: 'LOAN#{due_on}#{id}' }, { 'member_id.branch_id.city': typeText, due_on: typeDate, id: typeInt8 });

export function buildLoanGSI1Key(key: LoanGSI1Key): ItemKey {
  return formatLoanGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseLoanGSI1Key(key: ItemKey): ParsedLoanGSI1Key | null {
  const found = formatLoanGSI1Key.parse(key);
  return found === null ? null : { 'member_id.branch_id.city': field(found, 'member_id.branch_id.city', text), due_on: field(found, 'due_on', text), id: field(found, 'id', text) };
}

/** LOAN, GSI2: PK `LENT#{work_id}`, SK `LOAN#{copy_number}#{lent_on}#{id}`. */
export type LoanGSI2Key = { readonly work_id: number; readonly copy_number: number; readonly lent_on: string | Date; readonly id: string | number | bigint };

export type ParsedLoanGSI2Key = { readonly work_id: number; readonly copy_number: number; readonly lent_on: string; readonly id: string };

const formatLoanGSI2Key = keyFormat('LOAN', { PK: 'LENT#{work_id}', SK: 'LOAN#{copy_number}#{lent_on}#{id}' }, { work_id: typeInt4, copy_number: typeInt2, lent_on: typeDate, id: typeInt8 });

export function buildLoanGSI2Key(key: LoanGSI2Key): ItemKey {
  return formatLoanGSI2Key.build(key);
}

/** Null for a key of another format. */
export function parseLoanGSI2Key(key: ItemKey): ParsedLoanGSI2Key | null {
  const found = formatLoanGSI2Key.parse(key);
  return found === null ? null : { work_id: field(found, 'work_id', numeric), copy_number: field(found, 'copy_number', numeric), lent_on: field(found, 'lent_on', text), id: field(found, 'id', text) };
}

/** FINE, base table: PK `LOAN#{loan_id}`, SK `FINE#{lent_on}#{number}`. */
export type FineKey = { readonly loan_id: string | number | bigint; readonly lent_on: string | Date; readonly number: number };

export type ParsedFineKey = { readonly loan_id: string; readonly lent_on: string; readonly number: number };

const formatFineKey = keyFormat('FINE', { PK: 'LOAN#{loan_id}', SK: 'FINE#{lent_on}#{number}' }, { loan_id: typeInt8, lent_on: typeDate, number: typeInt2 });

export function buildFineKey(key: FineKey): ItemKey {
  return formatFineKey.build(key);
}

/** Null for a key of another format. */
export function parseFineKey(key: ItemKey): ParsedFineKey | null {
  const found = formatFineKey.parse(key);
  return found === null ? null : { loan_id: field(found, 'loan_id', text), lent_on: field(found, 'lent_on', text), number: field(found, 'number', numeric) };
}

/** FINE, GSI1: PK `FINES`, SK `FINE#{lent_on}#{loan_id}#{number}`. */
export type FineGSI1Key = { readonly lent_on: string | Date; readonly loan_id: string | number | bigint; readonly number: number };

export type ParsedFineGSI1Key = { readonly lent_on: string; readonly loan_id: string; readonly number: number };

const formatFineGSI1Key = keyFormat('FINE', { PK: 'FINES', SK: 'FINE#{lent_on}#{loan_id}#{number}' }, { lent_on: typeDate, loan_id: typeInt8, number: typeInt2 });

export function buildFineGSI1Key(key: FineGSI1Key): ItemKey {
  return formatFineGSI1Key.build(key);
}

/** Null for a key of another format. */
export function parseFineGSI1Key(key: ItemKey): ParsedFineGSI1Key | null {
  const found = formatFineGSI1Key.parse(key);
  return found === null ? null : { lent_on: field(found, 'lent_on', text), loan_id: field(found, 'loan_id', text), number: field(found, 'number', numeric) };
}

/** NOTICE, base table: PK `MEMBER#{member_id}`, SK `NOTICE#{sent_at}#{id}`. */
export type NoticeKey = { readonly member_id: string; readonly sent_at: string | Date; readonly id: string | number | bigint };

export type ParsedNoticeKey = { readonly member_id: string; readonly sent_at: string; readonly id: string };

const formatNoticeKey = keyFormat('NOTICE', { PK: 'MEMBER#{member_id}', SK: 'NOTICE#{sent_at}#{id}' }, { member_id: typeUuid, sent_at: typeTimestamptz, id: typeInt8 });

export function buildNoticeKey(key: NoticeKey): ItemKey {
  return formatNoticeKey.build(key);
}

/** Null for a key of another format. */
export function parseNoticeKey(key: ItemKey): ParsedNoticeKey | null {
  const found = formatNoticeKey.parse(key);
  return found === null ? null : { member_id: field(found, 'member_id', text), sent_at: field(found, 'sent_at', text), id: field(found, 'id', text) };
}

/** INTERLIBRARY_REQUEST, base table: PK `MEMBER#{member_id}`, SK `INTERLIBRARY_REQUEST#{id}`. */
export type InterlibraryRequestKey = { readonly member_id: string; readonly id: string | number | bigint };

export type ParsedInterlibraryRequestKey = { readonly member_id: string; readonly id: string };

const formatInterlibraryRequestKey = keyFormat('INTERLIBRARY_REQUEST', { PK: 'MEMBER#{member_id}', SK: 'INTERLIBRARY_REQUEST#{id}' }, { member_id: typeUuid, id: typeInt8 });

export function buildInterlibraryRequestKey(key: InterlibraryRequestKey): ItemKey {
  return formatInterlibraryRequestKey.build(key);
}

/** Null for a key of another format. */
export function parseInterlibraryRequestKey(key: ItemKey): ParsedInterlibraryRequestKey | null {
  const found = formatInterlibraryRequestKey.parse(key);
  return found === null ? null : { member_id: field(found, 'member_id', text), id: field(found, 'id', text) };
}
