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

  export default class S3rver {
    constructor(options: Options);
    store: import('s3rver/lib/stores/filesystem.js').default;
    context: { store: import('s3rver/lib/stores/filesystem.js').default };
    httpServer: Server;
    middleware: ReturnType<typeof import('./list-objects.ts').listObjects>[];
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

declare module 's3rver/lib/models/account.js' {
  const account: { readonly DUMMY_ACCOUNT: { createKeyPair(accessKeyId: string, secretAccessKey: string): void } };
  export default account;
}
