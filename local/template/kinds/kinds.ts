import { alarm, compositeAlarm, dashboard } from './alarm.ts';
import {
  detachedTrigger,
  functionAlias,
  functionVersion,
  lambdaFunction,
  logGroup,
  permission,
  stateMachine,
  stateMachineVersion,
} from './compute.ts';
import { rule, subscription, topic } from './events.ts';
import { bucketPolicy, key, managedPolicy, policy, role, topicPolicy } from './policies.ts';
import type { ResourceKind } from './resource-kind.ts';
import { bucket, table } from './storage.ts';

/** Every type of resource that the embedded stack runs; any other is refused. */
export const KINDS: ReadonlyMap<string, ResourceKind> = new Map([
  ['AWS::CloudWatch::Alarm', alarm],
  ['AWS::CloudWatch::CompositeAlarm', compositeAlarm],
  ['AWS::CloudWatch::Dashboard', dashboard],
  ['AWS::DynamoDB::GlobalTable', table],
  ['AWS::Events::Rule', rule],
  ['AWS::IAM::ManagedPolicy', managedPolicy],
  ['AWS::IAM::Policy', policy],
  ['AWS::IAM::Role', role],
  ['AWS::KMS::Key', key],
  ['AWS::Lambda::Alias', functionAlias],
  ['AWS::Lambda::Function', lambdaFunction],
  ['AWS::Lambda::Permission', permission],
  ['AWS::Lambda::Version', functionVersion],
  ['AWS::Logs::LogGroup', logGroup],
  ['AWS::S3::Bucket', bucket],
  ['AWS::S3::BucketPolicy', bucketPolicy],
  ['AWS::SNS::Subscription', subscription],
  ['AWS::SNS::Topic', topic],
  ['AWS::SNS::TopicPolicy', topicPolicy],
  ['AWS::StepFunctions::StateMachine', stateMachine],
  ['AWS::StepFunctions::StateMachineVersion', stateMachineVersion],
  ['Custom::DetachedTrigger', detachedTrigger],
]);
