import type { A_Const, Node } from 'libpg-query';
import type { Operand } from '../../domain/statements/statement.ts';
import { columnName, columnsIn, namesOf } from './walk.ts';

/** Casts that keep which values are equal, as far as a key is concerned. */
const PLAIN_CAST = /^(?:text|varchar|bpchar|citext|uuid|int[248]|numeric)$/;

/** An expression as an operand of a condition. */
export function toOperand(node: Node | undefined): Operand {
  if (node === undefined) return { kind: 'value' };
  if ('ColumnRef' in node) return { kind: 'column', ...columnName(node.ColumnRef.fields), lower: false };
  if ('A_Const' in node) return { kind: 'value', constant: constantOf(node.A_Const) };
  if ('CollateClause' in node) return toOperand(node.CollateClause.arg);
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast;
    const operand = toOperand(arg);
    if (operand.kind === 'value') return operand;
    const type = namesOf(typeName?.names).at(-1) ?? '';
    return operand.kind === 'column' && PLAIN_CAST.test(type) ? operand : computed(node, `a cast to ${type}`);
  }
  if ('FuncCall' in node) {
    const { funcname, args } = node.FuncCall;
    const name = namesOf(funcname).at(-1) ?? '';
    const [argument, ...others] = args ?? [];
    const inner = toOperand(argument);
    if (name === 'lower' && others.length === 0 && inner.kind === 'column') return { ...inner, lower: true };
    return computed(node, `${name}()`);
  }
  if ('A_Expr' in node) return computed(node, `operator ${namesOf(node.A_Expr.name).at(-1) ?? ''}`);
  if ('SubLink' in node) return { kind: 'computed', what: 'a subquery', columns: columnsIn(node) };
  return computed(node, Object.keys(node)[0] ?? 'an expression');
}

/** An expression without columns is a value. */
function computed(node: Node, what: string): Operand {
  const columns = columnsIn(node);
  return columns.length === 0 ? { kind: 'value' } : { kind: 'computed', what, columns };
}

/** A literal's text; null for NULL. The parse tree leaves out zero, false and the empty text. */
export function constantOf({ ival, fval, boolval, sval, bsval, isnull }: A_Const): string | null {
  if (isnull === true) return null;
  if (ival !== undefined) return String(ival.ival ?? 0);
  if (boolval !== undefined) return String(boolval.boolval ?? false);
  return fval?.fval ?? sval?.sval ?? bsval?.bsval ?? '';
}
