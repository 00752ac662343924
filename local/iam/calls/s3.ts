import { type Call, call, type WireRequest } from '../call.ts';
import { type KeyOf, onKey } from './kms.ts';

/** Query parameters that name another operation on a bucket or an object. */
const OPERATION: Readonly<Record<string, string>> = { uploads: 'MultipartUpload', acl: 'Acl', tagging: 'Tagging' };

/** The calls of a request to S3 that addresses its bucket by path. */
export function s3Calls(keyOf: KeyOf) {
  return (request: WireRequest): readonly Call[] => {
    const calls = callsOf(request);
    const [bucket = ''] = calls[0]?.resource.split('/') ?? [];
    return [...calls, ...onKey('s3', keyOf(bucket), ...keyOperations(request, calls))];
  };
}

/** Content is encrypted when it is put and decrypted when it is sent; so is a checksum that a HEAD asks for. */
function keyOperations({ method, headers }: WireRequest, calls: readonly Call[]): readonly string[] {
  const actions = calls.map(({ action }) => action);
  if (actions.includes('s3:PutObject')) return ['GenerateDataKey'];
  if (!actions.includes('s3:GetObject')) return [];
  return method === 'GET' || headers['x-amz-checksum-mode'] === 'ENABLED' ? ['Decrypt'] : [];
}

function callsOf({ method, url }: WireRequest): readonly Call[] {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, bucket = '', ...rest] = pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  if (bucket === '') return [call('s3:ListAllMyBuckets', '*')];
  const arn = `arn:aws:s3:::${bucket}`;
  if (key === '') return [onBucket(method, arn, searchParams)];
  const verb = method === 'PUT' || method === 'POST' ? 'Put' : method === 'DELETE' ? 'Delete' : 'Get';
  const [other = ''] = Object.keys(OPERATION).filter((name) => searchParams.has(name));
  return [call(`s3:${verb}Object${other === 'uploads' ? '' : (OPERATION[other] ?? '')}`, `${arn}/${key}`)];
}

function onBucket(method: string, arn: string, query: URLSearchParams): Call {
  if (method === 'PUT') return call('s3:CreateBucket', arn);
  if (method === 'DELETE') return call('s3:DeleteBucket', arn);
  const prefix = query.get('prefix');
  return call('s3:ListBucket', arn, prefix === null ? {} : { 's3:prefix': prefix });
}

/** What S3 needs to be allowed to say that an object is absent; otherwise it says AccessDenied. */
export function listCall({ url }: WireRequest): Call {
  const [, bucket = ''] = new URL(url, 'http://s3').pathname.split('/');
  return call('s3:ListBucket', `arn:aws:s3:::${bucket}`);
}
