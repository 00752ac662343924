/** Any key opens the local engines but S3's, which wants to know it. */
export const CREDENTIALS = { accessKeyId: 'portage', secretAccessKey: 'portage' };
