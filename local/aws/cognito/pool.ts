/** The one user pool of the stack and its one client, the same at every start. */
export const USER_POOL_ID = 'us-east-1_portage01';
export const CLIENT_ID = 'portage0local0client000001';
