export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The local engines accept any key; only S3 checks this one. */
export const CREDENTIALS: Credentials = { accessKeyId: 'portage', secretAccessKey: 'portage' };
