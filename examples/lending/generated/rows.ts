// Written by `portage generate` from the plan lending: change the plan, not this file.

import { document, field, flag, list, numeric, orNull, orReference, text, type List } from '../../../src/client/field.ts';
import { type ApplicationRow, type ReadValue } from '../../../src/domain/mapping/items/application-row.ts';
import { type BodyRef } from '../../../src/domain/row.ts';

/** A row of `branches`, as the client shows values. */
export type Branch = {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly manager_id: number | null;
  readonly opened_on: string;
  readonly location: string | null;
};

export function toBranch(row: ApplicationRow): Branch {
  return {
    id: field(row, 'id', numeric),
    name: field(row, 'name', text),
    city: field(row, 'city', text),
    manager_id: field(row, 'manager_id', orNull(numeric)),
    opened_on: field(row, 'opened_on', text),
    location: field(row, 'location', orNull(text)),
  };
}

/** A row of `staff`, as the client shows values. */
export type Staff = {
  readonly id: number;
  readonly branch_id: number;
  readonly name: string;
  readonly mentor_id: number | null;
  readonly weekly_hours: string;
  readonly updated_at: string;
};

export function toStaff(row: ApplicationRow): Staff {
  return {
    id: field(row, 'id', numeric),
    branch_id: field(row, 'branch_id', numeric),
    name: field(row, 'name', text),
    mentor_id: field(row, 'mentor_id', orNull(numeric)),
    weekly_hours: field(row, 'weekly_hours', text),
    updated_at: field(row, 'updated_at', text),
  };
}

/** A row of `Opening Hours`, as the client shows values. */
export type OpeningHours = {
  readonly 'Branch Id': number;
  readonly Weekday: number;
  readonly From: string;
  readonly Until: string;
};

export function toOpeningHours(row: ApplicationRow): OpeningHours {
  return {
    'Branch Id': field(row, 'Branch Id', numeric),
    Weekday: field(row, 'Weekday', numeric),
    From: field(row, 'From', text),
    Until: field(row, 'Until', text),
  };
}

/** A row of `authors`, as the client shows values. */
export type Author = {
  readonly id: number;
  readonly name: string;
  readonly born_in: number | null;
  readonly biography: string | null;
};

export function toAuthor(row: ApplicationRow): Author {
  return {
    id: field(row, 'id', numeric),
    name: field(row, 'name', text),
    born_in: field(row, 'born_in', orNull(numeric)),
    biography: field(row, 'biography', orNull(text)),
  };
}

/** Author as a pattern returns it: biography may be a reference; use `get` for the value. */
export type ListedAuthor = {
  readonly id: number;
  readonly name: string;
  readonly born_in: number | null;
  readonly biography: string | BodyRef | null;
};

export function toListedAuthor(row: ApplicationRow): ListedAuthor {
  return {
    id: field(row, 'id', numeric),
    name: field(row, 'name', text),
    born_in: field(row, 'born_in', orNull(numeric)),
    biography: field(row, 'biography', orNull(orReference(text))),
  };
}

/** A row of `works`, as the client shows values. */
export type Work = {
  readonly id: number;
  readonly title: string;
  readonly language: string;
  readonly published_in: number | null;
  readonly sequel_to: number | null;
  readonly subjects: List<string>;
  readonly summary: string | null;
};

export function toWork(row: ApplicationRow): Work {
  return {
    id: field(row, 'id', numeric),
    title: field(row, 'title', text),
    language: field(row, 'language', text),
    published_in: field(row, 'published_in', orNull(numeric)),
    sequel_to: field(row, 'sequel_to', orNull(numeric)),
    subjects: field(row, 'subjects', list(text)),
    summary: field(row, 'summary', orNull(text)),
  };
}

/** A row of `work_authors`, as the client shows values. */
export type WorkAuthor = {
  readonly work_id: number;
  readonly author_id: number;
  readonly role: string;
  readonly share: string | null;
};

export function toWorkAuthor(row: ApplicationRow): WorkAuthor {
  return {
    work_id: field(row, 'work_id', numeric),
    author_id: field(row, 'author_id', numeric),
    role: field(row, 'role', text),
    share: field(row, 'share', orNull(text)),
  };
}

/** A row of `copies`, as the client shows values. */
export type Copy = {
  readonly work_id: number;
  readonly number: number;
  readonly branch_id: number;
  readonly shelf: string;
  readonly condition: string;
  readonly price: string | null;
  readonly acquired_on: string;
};

export function toCopy(row: ApplicationRow): Copy {
  return {
    work_id: field(row, 'work_id', numeric),
    number: field(row, 'number', numeric),
    branch_id: field(row, 'branch_id', numeric),
    shelf: field(row, 'shelf', text),
    condition: field(row, 'condition', text),
    price: field(row, 'price', orNull(text)),
    acquired_on: field(row, 'acquired_on', text),
  };
}

/** A row of `members`, as the client shows values. */
export type Member = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly branch_id: number;
  readonly joined_at: string;
  readonly preferences: ReadValue;
};

export function toMember(row: ApplicationRow): Member {
  return {
    id: field(row, 'id', text),
    email: field(row, 'email', text),
    name: field(row, 'name', text),
    branch_id: field(row, 'branch_id', numeric),
    joined_at: field(row, 'joined_at', text),
    preferences: field(row, 'preferences', document),
  };
}

/** A row of `loans`, as the client shows values. */
export type Loan = {
  readonly id: string;
  readonly lent_on: string;
  readonly member_id: string;
  readonly work_id: number;
  readonly copy_number: number;
  readonly due_on: string;
  readonly returned_at: string | null;
  readonly renewals: number;
  readonly updated_at: string;
};

export function toLoan(row: ApplicationRow): Loan {
  return {
    id: field(row, 'id', text),
    lent_on: field(row, 'lent_on', text),
    member_id: field(row, 'member_id', text),
    work_id: field(row, 'work_id', numeric),
    copy_number: field(row, 'copy_number', numeric),
    due_on: field(row, 'due_on', text),
    returned_at: field(row, 'returned_at', orNull(text)),
    renewals: field(row, 'renewals', numeric),
    updated_at: field(row, 'updated_at', text),
  };
}

/** A row of `fines`, as the client shows values. */
export type Fine = {
  readonly loan_id: string;
  readonly lent_on: string;
  readonly number: number;
  readonly amount: string;
  readonly paid: boolean;
};

export function toFine(row: ApplicationRow): Fine {
  return {
    loan_id: field(row, 'loan_id', text),
    lent_on: field(row, 'lent_on', text),
    number: field(row, 'number', numeric),
    amount: field(row, 'amount', text),
    paid: field(row, 'paid', flag),
  };
}

/** A row of `notices`, as the client shows values. */
export type Notice = {
  readonly id: string;
  readonly member_id: string;
  readonly sent_at: string;
  readonly text: string;
};

export function toNotice(row: ApplicationRow): Notice {
  return {
    id: field(row, 'id', text),
    member_id: field(row, 'member_id', text),
    sent_at: field(row, 'sent_at', text),
    text: field(row, 'text', text),
  };
}

/** A row of `interlibrary_requests`, as the client shows values. */
export type InterlibraryRequest = {
  readonly id: string;
  readonly member_id: string;
  readonly title: string;
  readonly requested_at: string;
  readonly answered: boolean;
};

export function toInterlibraryRequest(row: ApplicationRow): InterlibraryRequest {
  return {
    id: field(row, 'id', text),
    member_id: field(row, 'member_id', text),
    title: field(row, 'title', text),
    requested_at: field(row, 'requested_at', text),
    answered: field(row, 'answered', flag),
  };
}
