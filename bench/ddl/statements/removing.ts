import { choose, mapped, simple, type Spell } from './spell.ts';

/** Tables that leave a mapped one. */
export const removing = {
  'detach partition': (model, pick) => {
    const month = choose([...model.months.keys()], pick);
    const name = month === null ? undefined : model.months.get(month);
    if (month === null || name === undefined) return null;
    return {
      text: `ALTER TABLE events DETACH PARTITION ${name}${pick % 2 === 0 ? ' CONCURRENTLY' : ''}`,
      foresee: () => model.removedMonths.add(month),
      apply: () => {
        model.months.delete(month);
        model.departed.push(name);
      },
    };
  },
  'drop partition': (model, pick) => {
    const month = choose([...model.months.keys()], pick);
    const name = month === null ? undefined : model.months.get(month);
    if (month === null || name === undefined) return null;
    return {
      text: `DROP TABLE ${name}`,
      foresee: () => model.removedMonths.add(month),
      apply: () => model.months.delete(month),
    };
  },
  'detach child': (model, pick) => {
    const name = choose(model.children, pick);
    if (name === null) return null;
    return {
      text: `ALTER TABLE ${name} NO INHERIT stations`,
      foresee: () => (model.removedChildren += 1),
      apply: () => {
        model.children.splice(model.children.indexOf(name), 1);
        model.departed.push(name);
      },
    };
  },
} satisfies Readonly<Record<string, Spell>>;

/** TRUNCATE, which is refused for what is mapped. */
export const truncating = {
  'truncate mapped table': (model, pick) => ({
    text: `TRUNCATE ${mapped(pick)} CASCADE`,
    refusedWith: 'PT001',
    foresee: () => (model.cascadeEnded = Infinity),
  }),
  'truncate partition': (model, pick) => {
    const name = choose([...model.months.values()], pick);
    return name === null ? null : { text: `TRUNCATE ${name}`, refusedWith: 'PT001' };
  },
  'truncate unmapped table': (model, pick) => {
    const name = choose(model.unmapped, pick);
    return name === null ? null : simple(`TRUNCATE ${name}`);
  },
  'truncate departed table': (model, pick) => {
    const name = choose(model.departed, pick);
    return name === null ? null : simple(`TRUNCATE ${name}`);
  },
} satisfies Readonly<Record<string, Spell>>;
