export type TestGroup = 'unit' | 'engines' | 'scenarios';

export function testGroups(): Readonly<Record<TestGroup, readonly string[]>>;
export function wayToStarter(test: string): readonly string[] | null;
