import { mkdirSync } from 'node:fs';
import { DefaultConfig } from 'cognito-local/lib/server/config.js';
import { Router } from 'cognito-local/lib/server/Router.js';
import { createServer } from 'cognito-local/lib/server/server.js';
import {
  CognitoServiceImpl,
  LambdaService,
  MessagesService,
  TriggersService,
} from 'cognito-local/lib/services/index.js';
import { otp } from 'cognito-local/lib/services/otp.js';
import { JwtTokenGenerator } from 'cognito-local/lib/services/tokenGenerator.js';
import { UserPoolServiceFactoryImpl } from 'cognito-local/lib/services/userPoolService.js';
import type { Part } from '../../process/part.ts';
import { closeServer, freePort, HOST } from '../../process/free-port.ts';
import { JournalStore } from './journal-store.ts';
import { silentLogger } from './logger.ts';
import { CLIENT_ID, USER_POOL_ID } from './pool.ts';
import { createTriggerClient } from './trigger-client.ts';

export interface CognitoOptions {
  readonly directory: string;
  /** Where the migration trigger runs. */
  readonly lambdaEndpoint: string;
  /** The function that the pool may invoke; null = none. */
  readonly triggerFunction: string | null;
  readonly port?: number;
  readonly now?: () => number;
}

export interface Cognito extends Part {
  readonly userPoolId: string;
  readonly clientId: string;
}

/**
 * Starts a Cognito with one user pool and one client, the same at every start, that signs users in by e-mail address and
 * password and calls the migration trigger for those it does not know. Unlike AWS it has no SRP, and does not call
 * the trigger on a forgotten password.
 */
export async function startCognito(options: CognitoOptions): Promise<Cognito> {
  const port = await freePort(options.port, 'Cognito');
  const endpoint = `http://${HOST}:${port}`;
  const now = options.now ?? Date.now;
  const logger = silentLogger();
  const context = { logger };
  const clock = { get: () => new Date(now()) };
  mkdirSync(options.directory, { recursive: true });
  const stores = {
    create: async (_: unknown, id: string, defaults: Record<string, unknown>) =>
      new JournalStore(options.directory, id, defaults),
  };
  const clients = await stores.create(context, 'clients', { Clients: {} });
  const poolDefaults = { UsernameAttributes: ['email'] };
  const cognito = new CognitoServiceImpl(
    options.directory,
    clients,
    poolDefaults,
    new UserPoolServiceFactoryImpl(clock, stores),
  );
  await cognito.init(context);
  const created = clock.get();
  await cognito.createUserPool(context, {
    Id: USER_POOL_ID,
    Name: 'portage',
    CreationDate: created,
    LastModifiedDate: created,
  });
  await clients.set(context, ['Clients', CLIENT_ID], {
    ClientId: CLIENT_ID,
    ClientName: 'portage',
    UserPoolId: USER_POOL_ID,
    CreationDate: created,
    LastModifiedDate: created,
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    PreventUserExistenceErrors: 'ENABLED',
    TokenValidityUnits: { AccessToken: 'hours', IdToken: 'minutes', RefreshToken: 'days' },
  });
  const lambda = new LambdaService(
    options.triggerFunction === null ? {} : { UserMigration: options.triggerFunction },
    createTriggerClient(options.lambdaEndpoint),
  );
  const noEncryption = { encrypt: () => Promise.reject(new Error('no CustomEmailSender trigger is configured')) };
  const triggers = new TriggersService(clock, cognito, lambda, noEncryption);
  const services = {
    clock,
    cognito,
    config: { ...DefaultConfig, UserPoolDefaults: poolDefaults },
    messages: new MessagesService(triggers, { deliver: () => Promise.resolve() }),
    otp,
    tokenGenerator: new JwtTokenGenerator(clock, triggers, { IssuerDomain: endpoint }),
    triggers,
  };
  const server = await createServer(Router(services), logger, { hostname: HOST, port }, services).start();
  server.keepAliveTimeout = 120_000;
  return {
    name: 'cognito',
    endpoint,
    userPoolId: USER_POOL_ID,
    clientId: CLIENT_ID,
    stop: () => closeServer(server),
  };
}
