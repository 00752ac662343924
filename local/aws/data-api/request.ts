import * as z from 'zod';

const Value = z.union([
  z.strictObject({ isNull: z.literal(true) }),
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ longValue: z.int() }),
  // REST-JSON writes these three as text.
  z.strictObject({ doubleValue: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]) }),
  z.strictObject({ booleanValue: z.boolean() }),
  z.strictObject({ blobValue: z.base64() }),
  z.strictObject({ arrayValue: z.unknown() }),
]);

const Parameter = z.object({
  name: z.string().min(1),
  value: Value,
  typeHint: z.enum(['DATE', 'DECIMAL', 'JSON', 'TIME', 'TIMESTAMP', 'UUID']).optional(),
});

export type Parameter = z.infer<typeof Parameter>;

const target = {
  resourceArn: z.string().min(1),
  secretArn: z.string().min(1),
  database: z.string().optional(),
  schema: z.string().optional(),
};

const sql = z.string().min(1).max(65_536);

export const ExecuteRequest = z.object({
  ...target,
  sql,
  parameters: z.array(Parameter).optional(),
  transactionId: z.string().min(1).optional(),
  includeResultMetadata: z.boolean().optional(),
  continueAfterTimeout: z.boolean().optional(),
  formatRecordsAs: z.enum(['NONE', 'JSON']).optional(),
  resultSetOptions: z
    .object({
      decimalReturnType: z.enum(['STRING', 'DOUBLE_OR_LONG']).optional(),
      longReturnType: z.enum(['STRING', 'LONG']).optional(),
    })
    .optional(),
});

export const BatchExecuteRequest = z.object({
  ...target,
  sql,
  parameterSets: z.array(z.array(Parameter)).optional(),
  transactionId: z.string().min(1).optional(),
});

export const BeginTransactionRequest = z.object(target);

export const EndTransactionRequest = z.object({
  resourceArn: target.resourceArn,
  secretArn: target.secretArn,
  transactionId: z.string().min(1),
});

export type ExecuteRequest = z.infer<typeof ExecuteRequest>;
export type BatchExecuteRequest = z.infer<typeof BatchExecuteRequest>;
export type BeginTransactionRequest = z.infer<typeof BeginTransactionRequest>;
export type EndTransactionRequest = z.infer<typeof EndTransactionRequest>;
