import type { UpdateUserPoolCommandInput, UserPoolType } from '@aws-sdk/client-cognito-identity-provider';

/**
 * Everything of a pool that UpdateUserPool accepts: what a call leaves out falls back to Cognito's default,
 * so a change of one setting has to carry all others along.
 */
export function settingsOf(pool: UserPoolType): Omit<UpdateUserPoolCommandInput, 'UserPoolId'> {
  const { TemporaryPasswordValidityDays, ...policy } = pool.Policies?.PasswordPolicy ?? {};
  const settings: Omit<UpdateUserPoolCommandInput, 'UserPoolId'> = {
    Policies: pool.Policies && {
      ...pool.Policies,
      ...(pool.Policies.PasswordPolicy ? { PasswordPolicy: { ...policy, TemporaryPasswordValidityDays } } : {}),
    },
    DeletionProtection: pool.DeletionProtection,
    LambdaConfig: pool.LambdaConfig,
    AutoVerifiedAttributes: pool.AutoVerifiedAttributes,
    SmsVerificationMessage: pool.SmsVerificationMessage,
    EmailVerificationMessage: pool.EmailVerificationMessage,
    EmailVerificationSubject: pool.EmailVerificationSubject,
    VerificationMessageTemplate: pool.VerificationMessageTemplate,
    SmsAuthenticationMessage: pool.SmsAuthenticationMessage,
    UserAttributeUpdateSettings: pool.UserAttributeUpdateSettings,
    MfaConfiguration: pool.MfaConfiguration,
    DeviceConfiguration: pool.DeviceConfiguration,
    EmailConfiguration: pool.EmailConfiguration,
    SmsConfiguration: pool.SmsConfiguration,
    UserPoolTags: pool.UserPoolTags,
    AdminCreateUserConfig: withoutLegacyValidity(pool.AdminCreateUserConfig),
    UserPoolAddOns: pool.UserPoolAddOns,
    AccountRecoverySetting: pool.AccountRecoverySetting,
    UserPoolTier: pool.UserPoolTier,
  };
  return settings;
}

/** UnusedAccountValidityDays is refused next to TemporaryPasswordValidityDays, though DescribeUserPool gives both. */
function withoutLegacyValidity(config: UserPoolType['AdminCreateUserConfig']): UserPoolType['AdminCreateUserConfig'] {
  if (config === undefined) return undefined;
  const { UnusedAccountValidityDays: _legacy, ...rest } = config;
  return rest;
}
