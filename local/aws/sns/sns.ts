import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Part } from '../../process/part.ts';
import { closeServer, httpServer, listen } from '../../process/free-port.ts';

export interface Message {
  readonly id: string;
  readonly topicArn: string;
  readonly subject: string | null;
  readonly message: string;
  readonly at: number;
}

export interface SnsOptions {
  readonly directory: string;
  readonly now: () => number;
  /** Called for every message, instead of subscriptions. */
  readonly onMessage?: (message: Message) => void;
  readonly port?: number;
}

export interface Sns extends Part {
  /** The most recent messages, oldest first. */
  messages(): readonly Message[];
  onMessage(listener: (message: Message) => void): void;
  /** Publishes for a service of the stack; answers the message's id. */
  publish(topicArn: string, subject: string | null, message: string): string;
}

const KEPT = 200;
const ARN_PREFIX = 'arn:aws:sns:us-east-1:000000000000:';

/** ARN of a local topic. */
function topicArn(name: string): string {
  return `${ARN_PREFIX}${name}`;
}

/** Starts an SNS with Publish, CreateTopic and ListTopics: every topic exists, and only in-process listeners subscribe. */
export async function startSns(options: SnsOptions): Promise<Sns> {
  mkdirSync(options.directory, { recursive: true });
  const topics = new Set<string>();
  const messages: Message[] = [];
  const listeners = options.onMessage === undefined ? [] : [options.onMessage];

  const publish = (arn: string, subject: string | null, text: string): string => {
    const message: Message = { id: randomUUID(), topicArn: arn, subject, message: text, at: options.now() };
    topics.add(arn);
    messages.push(message);
    messages.splice(0, messages.length - KEPT);
    appendFileSync(join(options.directory, 'messages.jsonl'), `${JSON.stringify(message)}\n`);
    for (const listener of listeners) listener(message);
    return message.id;
  };

  const answer = (input: URLSearchParams): string | null => {
    switch (input.get('Action')) {
      case 'CreateTopic': {
        const arn = topicArn(input.get('Name') ?? '');
        topics.add(arn);
        return `<TopicArn>${arn}</TopicArn>`;
      }
      case 'ListTopics':
        return `<Topics>${[...topics].map((arn) => `<member><TopicArn>${arn}</TopicArn></member>`).join('')}</Topics>`;
      case 'Publish': {
        const id = publish(input.get('TopicArn') ?? '', input.get('Subject'), input.get('Message') ?? '');
        return `<MessageId>${id}</MessageId>`;
      }
      default:
        return null;
    }
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const input = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
    const action = input.get('Action') ?? '';
    const result = answer(input);
    const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
    response.writeHead(result === null ? 400 : 200, { 'content-type': 'text/xml' });
    response.end(
      result === null
        ? `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>${action.replaceAll(/\W/g, '')} does not run locally</Message></Error></ErrorResponse>`
        : `<${action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`,
    );
  };
  const server = httpServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  const endpoint = await listen(server, options.port ?? 0, 'SNS');
  return {
    name: 'sns',
    endpoint,
    messages: () => [...messages],
    onMessage: (listener) => {
      listeners.push(listener);
    },
    publish,
    stop: () => closeServer(server),
  };
}
