/** The account and the region that the embedded stack stands for. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
