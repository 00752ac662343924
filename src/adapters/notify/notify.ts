import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { translated } from '../sdk/translated.ts';
import type { Notifier } from '../../domain/ports/notify.ts';

/** Messages to the topic that operators subscribe to; SNS allows 100 characters of subject, without line breaks. */
export function createNotify(options: { readonly client: SNSClient; readonly topicArn: string }): Notifier {
  return {
    async send(subject, text) {
      const Subject = subject.replaceAll(/\s+/g, ' ').slice(0, 100);
      await translated('SNS', 'Publish', () =>
        options.client.send(new PublishCommand({ TopicArn: options.topicArn, Subject, Message: text })),
      );
    },
  };
}
