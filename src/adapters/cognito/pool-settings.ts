import type { UpdateUserPoolCommandInput, UserPoolType } from '@aws-sdk/client-cognito-identity-provider';

/**
 * Everything of a pool that UpdateUserPool accepts: what a call leaves out falls back to Cognito's default,
 * so a change of one setting has to carry all others along.
 */
export function settingsOf(pool: UserPoolType): Omit<UpdateUserPoolCommandInput, 'UserPoolId'> {
  const settings: Omit<UpdateUserPoolCommandInput, 'UserPoolId'> = {
    Policies: pool.Policies,
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
    AdminCreateUserConfig: adminSettings(pool),
    UserPoolAddOns: pool.UserPoolAddOns,
    AccountRecoverySetting: pool.AccountRecoverySetting,
    UserPoolTier: pool.UserPoolTier,
  };
  return settings;
}

/** UnusedAccountValidityDays is refused next to its successor TemporaryPasswordValidityDays, though DescribeUserPool gives both. */
function adminSettings({ AdminCreateUserConfig, Policies }: UserPoolType): UserPoolType['AdminCreateUserConfig'] {
  if (AdminCreateUserConfig === undefined || Policies?.PasswordPolicy?.TemporaryPasswordValidityDays === undefined)
    return AdminCreateUserConfig;
  const { UnusedAccountValidityDays: _superseded, ...rest } = AdminCreateUserConfig;
  return rest;
}
