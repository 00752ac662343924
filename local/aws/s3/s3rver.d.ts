declare module 's3rver' {
  import type { Server } from 'node:http';

  interface Options {
    readonly address?: string;
    readonly port?: number;
    readonly silent?: boolean;
    readonly directory?: string;
    readonly allowMismatchedSignatures?: boolean;
    readonly vhostBuckets?: boolean;
    readonly configureBuckets?: readonly { readonly name: string }[];
  }

  interface Context {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string | string[] | undefined>>;
    readonly status: number;
    readonly response: { get(header: string): string };
    body: unknown;
    /** A header of the request; empty where it has none. */
    get(header: string): string;
    set(header: string, value: string): void;
    remove(header: string): void;
  }

  export type Middleware = (context: Context, next: () => Promise<unknown>) => Promise<void>;

  export default class S3rver {
    constructor(options: Options);
    store: import('s3rver/lib/stores/filesystem.js').default;
    context: { store: import('s3rver/lib/stores/filesystem.js').default };
    httpServer: Server;
    middleware: Middleware[];
    run(): Promise<{ readonly address: string; readonly port: number }>;
    close(): Promise<void>;
  }
}

declare module 's3rver/lib/stores/filesystem.js' {
  interface StoredObject {
    readonly bucket: string;
    readonly key: string;
    readonly content: Buffer | AsyncIterable<Buffer>;
    readonly metadata: Readonly<Record<string, string>>;
  }

  export default class FilesystemStore {
    constructor(directory: string);
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
    putObject(object: StoredObject): Promise<{ readonly size: number; readonly md5: string }>;
    getMetadata(bucket: string, key: string): Promise<Record<string, string | number>>;
    getBucket(bucket: string): Promise<object | null>;
  }
}

declare module 's3rver/lib/models/error.js' {
  export default class S3Error extends Error {
    constructor(code: string, message: string);
  }
}

declare module 's3rver/lib/models/object.js' {
  const object: { readonly ALLOWED_METADATA: string[] };
  export default object;
}

declare module 's3rver/lib/models/account.js' {
  const account: { readonly DUMMY_ACCOUNT: { createKeyPair(accessKeyId: string, secretAccessKey: string): void } };
  export default account;
}
