// Written by `portage generate` from the plan lending: change the plan, not this file.

import { type QueryOptions } from '../../../src/client/read/reader.ts';
import { queryRows, unexpectedEntity, type Bounds, type Page, type PatternReader } from '../../../src/client/typed-read.ts';
import { EntityType } from './entity-type.ts';
import { toBranch, toStaff, toOpeningHours, toListedAuthor, toWork, toWorkAuthor, toCopy, toMember, toLoan, toFine, toNotice, toInterlibraryRequest, type Branch, type Staff, type OpeningHours, type ListedAuthor, type Work, type WorkAuthor, type Copy, type Member, type Loan, type Fine, type Notice, type InterlibraryRequest } from './rows.ts';

export type BranchesOfCityArguments = { readonly city: string; readonly name?: string };

/**
 * One Query on GSI1: PK = `TOWN#{city}`, SK begins with `BRANCH#`; `name` begins with a text, where given.
 * Rows by name, then id, ascending, all at once.
 */
export function branchesOfCity(client: PatternReader, args: BranchesOfCityArguments, options?: QueryOptions): Promise<Page<Branch>> {
  return queryRows(client, 'branchesOfCity', args, options, toBranch);
}

export type BranchWithStaffAndHoursArguments = { readonly id: number };

export type BranchWithStaffAndHoursRow =
  | { readonly entity: typeof EntityType.BRANCH; readonly row: Branch }
  | { readonly entity: typeof EntityType.STAFF; readonly row: Staff }
  | { readonly entity: typeof EntityType.OPENING_HOURS; readonly row: OpeningHours };

/**
 * One Query on the base table: PK = `BRANCH#{id}`.
 * Rows by sort key, ascending, all at once.
 */
export function branchWithStaffAndHours(client: PatternReader, args: BranchWithStaffAndHoursArguments, options?: QueryOptions): Promise<Page<BranchWithStaffAndHoursRow>> {
  return queryRows(client, 'branchWithStaffAndHours', args, options, (row, entity): BranchWithStaffAndHoursRow => {
    switch (entity) {
      case EntityType.BRANCH:
        return { entity: EntityType.BRANCH, row: toBranch(row) };
      case EntityType.STAFF:
        return { entity: EntityType.STAFF, row: toStaff(row) };
      case EntityType.OPENING_HOURS:
        return { entity: EntityType.OPENING_HOURS, row: toOpeningHours(row) };
      default:
        throw unexpectedEntity('branchWithStaffAndHours', entity);
    }
  });
}

export type StaffOfMentorArguments = { readonly mentor_id: number };

/**
 * One Query on GSI2: PK = `MENTOR#{mentor_id}`, SK begins with `STAFF#`.
 * Rows by id, ascending, all at once.
 */
export function staffOfMentor(client: PatternReader, args: StaffOfMentorArguments, options?: QueryOptions): Promise<Page<Staff>> {
  return queryRows(client, 'staffOfMentor', args, options, toStaff);
}

export type AuthorWithWorksArguments = { readonly id: number };

export type AuthorWithWorksRow =
  | { readonly entity: typeof EntityType.AUTHOR; readonly row: ListedAuthor }
  | { readonly entity: typeof EntityType.WORK_AUTHOR; readonly row: WorkAuthor };

/**
 * One Query on the base table: PK = `AUTHOR#{id}`.
 * Rows by sort key, ascending, all at once.
 */
export function authorWithWorks(client: PatternReader, args: AuthorWithWorksArguments, options?: QueryOptions): Promise<Page<AuthorWithWorksRow>> {
  return queryRows(client, 'authorWithWorks', args, options, (row, entity): AuthorWithWorksRow => {
    switch (entity) {
      case EntityType.AUTHOR:
        return { entity: EntityType.AUTHOR, row: toListedAuthor(row) };
      case EntityType.WORK_AUTHOR:
        return { entity: EntityType.WORK_AUTHOR, row: toWorkAuthor(row) };
      default:
        throw unexpectedEntity('authorWithWorks', entity);
    }
  });
}

export type WorksOfAuthorArguments = { readonly author_id: number };

/**
 * One Query on the base table: PK = `AUTHOR#{author_id}`, SK begins with `WORK_AUTHOR#`.
 * Rows by work_id, descending, 20 a page.
 */
export function worksOfAuthor(client: PatternReader, args: WorksOfAuthorArguments, options?: QueryOptions): Promise<Page<WorkAuthor>> {
  return queryRows(client, 'worksOfAuthor', args, options, toWorkAuthor);
}

export type AuthorsOfWorkArguments = { readonly work_id: number; readonly role?: string };

/**
 * One Query on GSI1: PK = `AUTHORS#{work_id}`, SK begins with `WORK_AUTHOR#`; `role` begins with a text, where given.
 * Rows by role, then author_id, ascending, all at once.
 */
export function authorsOfWork(client: PatternReader, args: AuthorsOfWorkArguments, options?: QueryOptions): Promise<Page<WorkAuthor>> {
  return queryRows(client, 'authorsOfWork', args, options, toWorkAuthor);
}

export type SequelsOfWorkArguments = { readonly sequel_to: number; readonly published_in?: Bounds<number> };

/**
 * One Query on GSI1: PK = `SEQUELS#{sequel_to}`, SK begins with `WORK#`; `published_in` within bounds, where given.
 * Rows by published_in, then id, ascending, all at once.
 */
export function sequelsOfWork(client: PatternReader, args: SequelsOfWorkArguments, options?: QueryOptions): Promise<Page<Work>> {
  return queryRows(client, 'sequelsOfWork', args, options, toWork);
}

export type WorksByTitleArguments = { readonly language: string; readonly title?: string };

/**
 * One Query on GSI2: PK = `LANGUAGE#{language|lower}`, SK begins with `WORK#`; `title` begins with a text, where given.
 * Rows by title, then id, ascending, 25 a page.
 */
export function worksByTitle(client: PatternReader, args: WorksByTitleArguments, options?: QueryOptions): Promise<Page<Work>> {
  return queryRows(client, 'worksByTitle', args, options, toWork);
}

export type WorkWithCopiesArguments = { readonly id: number };

export type WorkWithCopiesRow =
  | { readonly entity: typeof EntityType.WORK; readonly row: Work }
  | { readonly entity: typeof EntityType.COPY; readonly row: Copy };

/**
 * One Query on the base table: PK = `WORK#{id}`.
 * Rows by sort key, ascending, all at once.
 */
export function workWithCopies(client: PatternReader, args: WorkWithCopiesArguments, options?: QueryOptions): Promise<Page<WorkWithCopiesRow>> {
  return queryRows(client, 'workWithCopies', args, options, (row, entity): WorkWithCopiesRow => {
    switch (entity) {
      case EntityType.WORK:
        return { entity: EntityType.WORK, row: toWork(row) };
      case EntityType.COPY:
        return { entity: EntityType.COPY, row: toCopy(row) };
      default:
        throw unexpectedEntity('workWithCopies', entity);
    }
  });
}

export type CopiesOnShelfArguments = { readonly branch_id: number; readonly shelf: string; readonly condition?: string };

/**
 * One Query on GSI1: PK = `SHELVES#{branch_id}`, SK begins with `COPY#{shelf}#`.
 * Rows by work_id, then number, ascending, all at once.
 * A search by condition reads at most 100 items, else it refuses.
 */
export function copiesOnShelf(client: PatternReader, args: CopiesOnShelfArguments, options?: QueryOptions): Promise<Page<Copy>> {
  return queryRows(client, 'copiesOnShelf', args, options, toCopy);
}

export type MemberByEmailArguments = { readonly email: string };

/**
 * One Query on GSI1: PK = `EMAIL#{email|lower}`, SK begins with `MEMBER#`.
 * Rows by id, ascending, all at once.
 */
export function memberByEmail(client: PatternReader, args: MemberByEmailArguments, options?: QueryOptions): Promise<Page<Member>> {
  return queryRows(client, 'memberByEmail', args, options, toMember);
}

export type LoansOfMemberArguments = { readonly member_id: string; readonly lent_on?: Bounds<string | Date> };

/**
 * One Query on the base table: PK = `MEMBER#{member_id}`, SK begins with `LOAN#`; `lent_on` within bounds, where given.
 * Rows by lent_on, then id, descending, 30 a page.
 */
export function loansOfMember(client: PatternReader, args: LoansOfMemberArguments, options?: QueryOptions): Promise<Page<Loan>> {
  return queryRows(client, 'loansOfMember', args, options, toLoan);
}

export type LoansOutInCityArguments = { readonly 'member_id.branch_id.city': string; readonly due_on?: Bounds<string | Date> };

/**
 * One Query on GSI1: PK = `OUT#{member_id.branch_id.city}`, SK begins with `LOAN#`; `due_on` within bounds, where given.
 * Rows by due_on, then id, ascending, 100 a page.
 */
export function loansOutInCity(client: PatternReader, args: LoansOutInCityArguments, options?: QueryOptions): Promise<Page<Loan>> {
  return queryRows(client, 'loansOutInCity', args, options, toLoan);
}

export type LoansOfCopyArguments = { readonly work_id: number; readonly copy_number: number };

/**
 * One Query on GSI2: PK = `LENT#{work_id}`, SK begins with `LOAN#{copy_number}#`.
 * Rows by lent_on, then id, descending, all at once.
 */
export function loansOfCopy(client: PatternReader, args: LoansOfCopyArguments, options?: QueryOptions): Promise<Page<Loan>> {
  return queryRows(client, 'loansOfCopy', args, options, toLoan);
}

export type FinesOfLoanArguments = { readonly loan_id: string | number | bigint; readonly lent_on: string | Date };

/**
 * One Query on the base table: PK = `LOAN#{loan_id}`, SK begins with `FINE#{lent_on}#`.
 * Rows by number, ascending, all at once.
 */
export function finesOfLoan(client: PatternReader, args: FinesOfLoanArguments, options?: QueryOptions): Promise<Page<Fine>> {
  return queryRows(client, 'finesOfLoan', args, options, toFine);
}

export type UnpaidFinesArguments = { readonly lent_on?: Bounds<string | Date> };

/**
 * One Query on GSI1: PK = `FINES`, SK begins with `FINE#`; `lent_on` within bounds, where given.
 * Rows by lent_on, then loan_id, then number, ascending, 50 a page.
 */
export function unpaidFines(client: PatternReader, args: UnpaidFinesArguments, options?: QueryOptions): Promise<Page<Fine>> {
  return queryRows(client, 'unpaidFines', args, options, toFine);
}

export type NoticesOfMemberArguments = { readonly member_id: string; readonly sent_at?: Bounds<string | Date> };

/**
 * One Query on the base table: PK = `MEMBER#{member_id}`, SK begins with `NOTICE#`; `sent_at` within bounds, where given.
 * Rows by sent_at, then id, descending, all at once.
 */
export function noticesOfMember(client: PatternReader, args: NoticesOfMemberArguments, options?: QueryOptions): Promise<Page<Notice>> {
  return queryRows(client, 'noticesOfMember', args, options, toNotice);
}

export type RequestsOfMemberArguments = { readonly member_id: string };

/**
 * One Query on the base table: PK = `MEMBER#{member_id}`, SK begins with `INTERLIBRARY_REQUEST#`.
 * Rows by id, ascending, all at once.
 */
export function requestsOfMember(client: PatternReader, args: RequestsOfMemberArguments, options?: QueryOptions): Promise<Page<InterlibraryRequest>> {
  return queryRows(client, 'requestsOfMember', args, options, toInterlibraryRequest);
}
