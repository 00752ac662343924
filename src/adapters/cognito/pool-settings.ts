import type { UpdateUserPoolCommandInput, UserPoolType } from '@aws-sdk/client-cognito-identity-provider';

/**
 * All settings of a pool that UpdateUserPool accepts. It resets omitted settings to their defaults,
 * so changing one setting requires sending all others.
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

/**
 * UpdateUserPool refuses UnusedAccountValidityDays together with its successor
 * TemporaryPasswordValidityDays, though DescribeUserPool returns both.
 */
function adminSettings({ AdminCreateUserConfig, Policies }: UserPoolType): UserPoolType['AdminCreateUserConfig'] {
  if (AdminCreateUserConfig === undefined || Policies?.PasswordPolicy?.TemporaryPasswordValidityDays === undefined)
    return AdminCreateUserConfig;
  const { UnusedAccountValidityDays: _superseded, ...rest } = AdminCreateUserConfig;
  return rest;
}
