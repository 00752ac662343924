/** For tests of the stack: lets everybody in. */
export const handler = (event: { readonly userName: string }): unknown => ({
  ...event,
  response: { userAttributes: { email: event.userName, email_verified: 'true' }, finalUserStatus: 'CONFIRMED' },
});
