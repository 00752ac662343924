#!/usr/bin/env node
// The `portage` command: TypeScript run through tsx, on any Node from 20.12.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`portage needs Node 20.19 or newer, this is ${process.versions.node}: install a current Node LTS`);
  process.exit(1);
}
// Node 20 works; that the SDK will ask for 22 one day is nothing an operator can do anything about here.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
const { register } = await import('tsx/esm/api');
register();
const { main } = await import('./main.ts');
await main(process.argv);
