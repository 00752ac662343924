import * as z from 'zod';

/** Where the engines are: all that another process needs to reach them. */
export const connectionInfo = z.object({
  connectionString: z.string(),
  dataApi: z.string(),
  dynamoDb: z.string(),
  s3: z.string(),
  /** ARN of the key of KMS that encrypts the bucket; null where S3 uses its own. */
  bucketKey: z.string().nullable().default(null),
});
export type ConnectionInfo = z.infer<typeof connectionInfo>;

export const CONTROL = 'control';
export const BUCKET = 'bodies';
