/** The local engines accept any key; only S3 checks this one. */
export const CREDENTIALS = { accessKeyId: 'portage', secretAccessKey: 'portage' };
