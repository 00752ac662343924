// The internal modules of cognito-local that are assembled here, because its own start uses the
// working directory for its data, and rewrites all users at every sign-in.

declare module 'cognito-local/lib/server/server.js' {
  import type { Server } from 'node:http';
  import type { Logger } from './logger.ts';

  export function createServer(
    router: unknown,
    logger: Logger,
    options: { readonly hostname: string; readonly port: number },
    services: object,
  ): { start(): Promise<Server> };
}

declare module 'cognito-local/lib/server/Router.js' {
  export function Router(services: object): unknown;
}

declare module 'cognito-local/lib/server/config.js' {
  export const DefaultConfig: object;
}

declare module 'cognito-local/lib/services/index.js' {
  export class CognitoServiceImpl {
    constructor(directory: string, clients: object, defaults: object, pools: object);
    init(context: object): Promise<void>;
    createUserPool(context: object, pool: object): Promise<unknown>;
  }
  export const LambdaService: new (functions: Readonly<Record<string, string>>, client: object) => object;
  export const MessagesService: new (triggers: object, delivery: object) => object;
  export const TriggersService: new (clock: object, cognito: object, lambda: object, crypto: object) => object;
}

declare module 'cognito-local/lib/services/userPoolService.js' {
  export const UserPoolServiceFactoryImpl: new (clock: object, stores: object) => object;
}

declare module 'cognito-local/lib/services/tokenGenerator.js' {
  export const JwtTokenGenerator: new (
    clock: object,
    triggers: object,
    config: { readonly IssuerDomain: string },
  ) => object;
}

declare module 'cognito-local/lib/services/otp.js' {
  export const otp: () => string;
}
